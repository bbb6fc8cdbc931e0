import type { Node } from "../../tensor/graph.js";
import { sameShape } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Address, Fusion, FusionMatch, GraphView, LoweringContext } from "./contract.js";
import { lowerConvolution, lowerInputGradient } from "./convolution.js";
import { lowerMatmul } from "./matmul.js";
import type { ActivationName, Epilogue } from "./product.js";

/** Lowers the node with an epilogue; the finished result goes to `result`. */
type LowerWithEpilogue = (node: Node, context: LoweringContext, epilogue: Epilogue, result: Address) => void;

const activations = new Set(["relu", "tanh", "sigmoid"]);

/** A chain of nodes after a product, as far as it fits an epilogue: views, then a bias, a residual, an activation. */
interface Chain {
  readonly nodes: Node[];
  bias: Tensor | null;
  residual: Tensor | null;
  activation: ActivationName;
  result: Tensor;
}

/** The one reader of a tensor, when nothing else needs it. */
function onlyReader(tensor: Tensor, graph: GraphView): Node | null {
  const readers = graph.consumers(tensor);
  return !graph.needed(tensor) && readers.length === 1 ? (readers[0] as Node) : null;
}

/** A bias adds the same row of numbers to every row of the result. */
function biasOf(node: Node, sum: Tensor): Tensor | null {
  const [left, right] = node.inputs as readonly [Tensor, Tensor];
  const other = left === sum ? right : left;
  if (other === sum || other.dtype !== "f32") return null;
  const columns = sum.shape.at(-1) as number;
  const sameResult = node.outputs[0]?.shape.length === sum.shape.length && node.outputs[0].size === sum.size;
  return sameResult && other.size === columns && other.shape.at(-1) === columns ? other : null;
}

/** A residual is what stands at the same place of a tensor of the result's shape. */
function residualOf(node: Node, sum: Tensor): Tensor | null {
  const [left, right] = node.inputs as readonly [Tensor, Tensor];
  const other = left === sum ? right : left;
  return other !== sum && other.dtype === "f32" && sameShape(other.shape, sum.shape) ? other : null;
}

/** @param residuals whether the kernel adds them; only beside a bias, where the result is finished in a walk of its own anyway. */
export function follow(node: Node, graph: GraphView, residuals: boolean): Chain {
  const chain: Chain = { nodes: [node], bias: null, residual: null, activation: "none", result: node.outputs[0] as Tensor };
  const columns = chain.result.shape.at(-1);
  for (;;) {
    const next = onlyReader(chain.result, graph);
    const name = next?.operation?.name;
    if (next === null || name === undefined) return chain;
    if (name === "reshape") {
      // Rows may be dealt out to other axes; the columns must stay what they are, or the bias would not fit.
      if (next.outputs[0]?.shape.at(-1) !== columns) return chain;
    } else if (name === "add" && chain.bias === null) {
      const bias = biasOf(next, chain.result);
      if (bias === null) return chain;
      chain.bias = bias;
    } else if (name === "add" && residuals && chain.residual === null) {
      const residual = residualOf(next, chain.result);
      if (residual === null) return chain;
      chain.residual = residual;
    } else if (activations.has(name) && chain.activation === "none") {
      chain.activation = name as ActivationName;
    } else return chain;
    chain.nodes.push(next);
    chain.result = next.outputs[0] as Tensor;
    if (chain.activation !== "none") return chain;
  }
}

function epilogueFusion(operation: string, supports: (node: Node) => boolean, lower: LowerWithEpilogue, residuals = false): Fusion {
  return {
    name: `${operation} with bias and activation`,
    operation,
    match(node, graph): FusionMatch | null {
      if (!supports(node)) return null;
      const { nodes, bias, residual, activation, result } = follow(node, graph, residuals);
      if (bias === null && activation === "none") return null;
      return {
        nodes,
        inputs: [...node.inputs, ...(bias === null ? [] : [bias]), ...(residual === null ? [] : [residual])],
        outputs: [result],
        lower(context) {
          const place = (tensor: Tensor | null): Address | null => (tensor === null ? null : context.buffer(tensor));
          lower(node, context, { bias: place(bias), residual: place(residual), activation }, context.buffer(result));
        },
      };
    },
  };
}

export function epilogueFusions(supports: (operation: string, node: Node) => boolean): Fusion[] {
  return [
    epilogueFusion("matmul", (node) => supports("matmul", node), lowerMatmul, true),
    epilogueFusion("conv", (node) => supports("conv", node), lowerConvolution),
    epilogueFusion("convInputGradient", (node) => supports("convInputGradient", node), lowerInputGradient),
  ];
}
