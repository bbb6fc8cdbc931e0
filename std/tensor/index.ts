import "./methods.js";
export { checkGradients } from "./check-gradients.js";
export * from "./constructors.js";
export { grad, setGradientExecutor, valueAndGrad, type Differentiable, type GradientsOf } from "./differentiate.js";
export { formatTensor } from "./format.js";
export { currentTrace, trace, Variable, withScope, type Graph, type Node } from "./graph.js";
export { gradients } from "./gradients.js";
export {
  apply,
  applyOne,
  defineOperation,
  setEagerRunner,
  type EagerRunner,
  type GradientRequest,
  type OperandArray,
  type Operation,
} from "./operation.js";
export * from "./operations/index.js";
export { portableEagerRunner, portableExecutor } from "./portable.js";
export { Generator, keyOf, normalNumbers, uniformNumbers, type RandomKey } from "./random.js";
export {
  allocate,
  broadcastShapes,
  bytesPerElement,
  formatShape,
  normalizeAxis,
  sameShape,
  sizeOf,
  stridesOf,
  type DType,
  type Shape,
  type TensorType,
  type TypedArray,
} from "./shape.js";
export { Tensor, tensor, type NestedNumbers } from "./tensor.js";
