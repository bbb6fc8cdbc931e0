// The exports of the kernel module. Vector functions (one v128 in, one out) are for the modules the planner generates.
export { errorFunction, exponential, hyperbolicTangent, logarithm, logistic } from "./math";
export { matmul, matmulScratchBytes } from "./matmul/matmul";
export { convolution, convolutionInputGradient, convolutionWeightGradient, padImages, weightGradientScratchBytes } from "./convolution/convolution";
export { convolutionScratchBytes } from "./convolution/window-product";
