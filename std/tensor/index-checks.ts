import type { Graph, Node } from "./graph.js";
import { indexError, type GatherAttributes, type OneHotAttributes, type ScatterAttributes } from "./operations/indexing.js";
import type { AxisAttributes } from "./operations/arg-extremes.js";
import type { CrossEntropyAttributes } from "./operations/cross-entropy.js";
import type { Shape } from "./shape.js";
import type { Tensor } from "./tensor.js";

/** Which numbers an operation takes as indices, and what they must be below. */
interface IndexUse {
  readonly indices: Tensor;
  readonly extent: number;
  readonly who: string;
  readonly what: string;
  readonly ignore: number | null;
}

/** The use of indices by a node, null for operations that use none. */
function indexUse({ operation, inputs, attributes }: Node): IndexUse | null {
  const [first, second] = inputs as readonly [Tensor, Tensor];
  const plain = { what: "index", ignore: null };
  const name = operation?.name ?? "";
  switch (name) {
    case "gather": {
      const { axis, who } = attributes as GatherAttributes;
      return { ...plain, indices: second, extent: first.shape[axis] as number, who };
    }
    case "gatherAlong":
      return { ...plain, indices: second, extent: first.shape[(attributes as AxisAttributes).axis] as number, who: "gatherAlong" };
    case "scatterAdd":
    case "scatterAlong":
      return { ...plain, indices: first, extent: (attributes as ScatterAttributes).extent, who: name };
    case "oneHot":
      return { ...plain, indices: first, extent: (attributes as OneHotAttributes).depth, who: "oneHot" };
    case "softmaxCrossEntropy": {
      const { ignore } = attributes as CrossEntropyAttributes;
      return { indices: second, extent: first.shape.at(-1) as number, who: "softmaxCrossEntropy", what: "label", ignore };
    }
    default:
      return null;
  }
}

/** Operations that pass every number on in its place. */
const passing = new Set(["reshape", "identity", "stopGradient", "cast"]);

/** Checks the inputs of one run of a graph. */
export type IndexCheck = (inputs: readonly Tensor[]) => void;

/**
 * The checks of a graph's inputs that are used as indices (token ids, labels). Kernels do not stop half-way: they give NaN for
 * an index that is out of range, so what can be known before a run is checked before it.
 * @returns checks that throw a LamellaError with the index, its position, the range and the row of the network
 */
export function indexChecks(graph: Graph): IndexCheck[] {
  const checks: IndexCheck[] = [];
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    const use = indexUse(node);
    if (use === null) continue;
    let source = use.indices.node as Node;
    while (source.operation !== null && passing.has(source.operation.name)) source = (source.inputs[0] as Tensor).node as Node;
    const at = graph.inputs.findIndex((input) => input.node === source);
    if (at < 0 && source.constant === null) continue;
    const { extent, ignore, who, what } = use;
    // The gradient of a gather takes the same indices into the same extent.
    const key = `${source.id} ${extent} ${ignore}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const shape: Shape = use.indices.shape;
    checks.push((inputs) => {
      const { data } = at < 0 ? (source.constant as Tensor) : (inputs[at] as Tensor);
      for (let i = 0; i < data.length; i++) {
        const index = data[i] as number;
        if (!(index >= 0 && index < extent) && index !== ignore) {
          const error = indexError(who, index, i, shape, extent, what);
          throw node.scope === "" ? error : error.within(`in ${node.scope}`);
        }
      }
    });
  }
  return checks;
}
