// The exports of the kernel module: all that a plan can call.
export { attentionSlopes, attentionWeights } from "./attention/scores";
export { attention, attentionScratchBytes } from "./attention/attention";
export { attentionGradient, attentionGradientScratchBytes } from "./attention/attention-gradient";
export { convolution, convolutionInputGradient, convolutionWeightGradient, padImages, weightGradientScratchBytes } from "./convolution/convolution";
export { convolutionScratchBytes } from "./convolution/window-product";
export { gather, oneHot, scatterAdd } from "./layout/gather";
export { fill, stridedCopy } from "./layout/strided-copy";
export { sumColumns, sumStrip } from "./matmul/micro-kernel";
export { matmul, matmulScratchBytes } from "./matmul/matmul";
export { avgPool, avgPoolGradient, maxPool, maxPoolRoute, maxPoolScratchBytes } from "./pooling/pooling";
export { finishProduct } from "./rows/finish-product";
export { argExtreme, maximum, minimum, sum, sumIntegers } from "./rows/reduce";
export { crossEntropy, crossEntropyGradient } from "./rows/cross-entropy";
export { logSoftmax, logSoftmaxGradient, softmax, softmaxGradient } from "./rows/softmax";
export {
  winogradConvolution, winogradConvolutionScratchBytes, winogradGradient, winogradImage, winogradKernel, winogradKernelPanels, winogradResult, winogradScratchBytes,
} from "./convolution/winograd";
export {
  winogradChunkGradient, winogradChunks, winogradChunkGradientScratchBytes, winogradKernelGradient, winogradWeightProducts, winogradWeightProductsScratchBytes,
} from "./convolution/winograd-weight-gradient";
export {
  stridedConvolution, stridedConvolutionScratchBytes, stridedImage, stridedImageScratchBytes, stridedResults, stridedSlopes, stridedWeightGradient, stridedWeightGradientScratchBytes,
} from "./convolution/strided-winograd";
export { winogradColumns, winogradColumnsScratchBytes } from "./convolution/winograd-columns";
export { interpolateAxis, interpolateAxisGradient, repeatAxis } from "./layout/upsample";
export { batchNorm, batchNormGradient, batchNormGradientParts, batchNormParts, batchNormScratchBytes } from "./normalisation/batch-norm";
export { addLayerNormParts, layerNorm, layerNormGradient, layerNormScratchBytes } from "./normalisation/layer-norm";
export { lrn, lrnGradient, lrnScratchBytes } from "./normalisation/lrn";
export { normalFromUniform, spreadUniform } from "./random/distributions";
export { randomUniform } from "./random/philox";
export { gru, gruGradient, gruGradientStep, gruScratchBytes, gruStep } from "./recurrent/gru";
export { lstm, lstmGradient, lstmGradientStep, lstmScratchBytes, lstmStep } from "./recurrent/lstm";
export { rnn, rnnGradient, rnnGradientStep, rnnScratchBytes, rnnStep } from "./recurrent/rnn";
export { addLanesOfRow, addLanesOfTaps, laneConvolution, laneConvolutionScratchBytes, poolLanes } from "./convolution/lane-convolution";
export { imageWindows } from "./convolution/image-windows";
export { addWindows, scatteredGradientScratchBytes, scatteredInputGradient } from "./convolution/scattered-gradient";
export { depthwiseWeightGradient } from "./convolution/depthwise";
export { planeGradientScratchBytes, planeWeightGradient } from "./convolution/plane-gradient";
export {
  addNarrowRoutes, addWideRoutes, listPicks, pooledGradientScratchBytes, pooledInputGradient, pooledWeightGradient, pooledWeightSums,
  pooledWeightSumsBytes, spreadWideRoutes,
} from "./convolution/pooled-gradient";
export { maxPoolPairs } from "./pooling/pairs";
export { notFinite } from "./rows/not-finite";
export { sort, sortScratchBytes } from "./rows/sort";
export { scan } from "./rows/scan";
export { product, productOfOthers } from "./rows/product";
export { integerExtreme } from "./rows/extreme";
export { gatherAlong, gatherBytes, scatterAddIntegers, scatterAlong } from "./layout/along";
export { fillBytes, fillIntegers, oneHotBytes, stridedCopyBytes } from "./layout/byte-copy";
