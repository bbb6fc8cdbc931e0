export * from "./activations.js";
export * from "./arg-extremes.js";
export * from "./arithmetic.js";
export * from "./attention.js";
export * from "./batch-norm.js";
export * from "./cast.js";
export * from "./comparison.js";
export * from "./convolution.js";
export * from "./cross-entropy.js";
export * from "./cumulative.js";
export * from "./einsum.js";
export * from "./exponential.js";
export * from "./gru.js";
export * from "./indexing.js";
export * from "./joining.js";
export * from "./layer-norm.js";
export * from "./lrn.js";
export * from "./lstm.js";
export * from "./matmul.js";
export * from "./normalization.js";
export { scalar, type TensorLike } from "./operand.js";
export * from "./pooling.js";
export * from "./random-uniform.js";
export {
  mean,
  max,
  min,
  prod,
  sum,
  sumTo,
  variance,
  maxOperation,
  minOperation,
  prodOperation,
  productOfOthersOperation,
  sumOperation,
} from "./reductions.js";
export type { ProductOfOthersAttributes, ReductionAttributes, ReductionOptions } from "./reductions.js";
export * from "./reshaping.js";
export * from "./rnn.js";
export * from "./selection.js";
export * from "./slicing.js";
export * from "./softmax.js";
export * from "./sorting.js";
export { operations, type AttributesOf, type OperationName } from "./table.js";
export * from "./upsampling.js";
export type { PadOption, Pads, PerAxis, WindowAttributes } from "./window.js";
