import type { Node } from "../../tensor/graph.js";
import type { AxisAttributes } from "../../tensor/operations/arg-extremes.js";
import type { MatmulAttributes } from "../../tensor/operations/matmul.js";
import { broadcastStrides } from "../../tensor/offsets.js";
import { sameShape, type Shape } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { absent } from "./arguments.js";
import type { Address, Fusion, FusionMatch, GraphView, LoweringContext } from "./contract.js";
import { scratchBytes } from "./scratch.js";
import { readThrough, writeThrough, type Matrices } from "./strided.js";

/** What lies between a product and a softmax, read from either end: a factor, and a mask. */
interface Between {
  readonly nodes: readonly Node[];
  readonly scale: number;
  readonly mask: Tensor | null;
  readonly blocked: number;
}

const name = (node: Node | null | undefined): string => node?.operation?.name ?? "";

/** The only number of a constant of one element, or null. */
function scalar(tensor: Tensor | undefined): number | null {
  const value = tensor?.node?.constant ?? null;
  return value === null || value.size !== 1 || value.dtype !== "f32" ? null : (value.data[0] as number);
}

/** The one reader of a tensor that nothing else needs. */
function onlyReader(tensor: Tensor, graph: GraphView): Node | null {
  const readers = graph.consumers(tensor);
  return !graph.needed(tensor) && readers.length === 1 ? (readers[0] as Node) : null;
}

/** `mul` by a number: the other operand and the number. */
function factorOf(node: Node): { tensor: Tensor; factor: number } | null {
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  const [left, right] = [scalar(a), scalar(b)];
  if (right !== null) return { tensor: a, factor: right };
  return left === null ? null : { tensor: b, factor: left };
}

function isProduct(node: Node, transposeA: boolean, transposeB: boolean): boolean {
  if (name(node) !== "matmul") return false;
  const attributes = node.attributes as MatmulAttributes;
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  const rank = a.shape.length;
  return (
    attributes.transposeA === transposeA &&
    attributes.transposeB === transposeB &&
    a.dtype === "f32" &&
    (rank === 3 || rank === 4) &&
    b.shape.length === rank &&
    sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  );
}

/** A mask's strides over examples, heads and rows of the scores, when its rows lie without gaps or are one. */
function maskStrides(mask: Tensor, scores: Shape): readonly [number, number, number] | null {
  if (mask.dtype !== "bool" || mask.shape.length > scores.length || mask.shape.at(-1) !== scores.at(-1)) return null;
  const strides = [...broadcastStrides(mask.shape, scores)];
  return strides.length === 4
    ? [strides[0] as number, strides[1] as number, strides[2] as number]
    : [strides[0] as number, 0, strides[1] as number];
}

/** From the softmax up to the product of queries and keys. */
function before(scores: Tensor, graph: GraphView): (Between & { readonly product: Node }) | null {
  const nodes: Node[] = [];
  let [scale, blocked, mask]: [number, number, Tensor | null] = [1, 0, null];
  let tensor = scores;
  for (;;) {
    const { node } = tensor;
    if (node === null || onlyReader(tensor, graph) === null) return null;
    if (isProduct(node, false, true)) return { nodes, scale, mask, blocked, product: node };
    nodes.push(node);
    if (name(node) === "where" && mask === null && nodes.length === 1) {
      const [condition, kept, other] = node.inputs as readonly [Tensor, Tensor, Tensor];
      const value = scalar(other);
      if (value === null || maskStrides(condition, scores.shape) === null || !sameShape(kept.shape, scores.shape)) return null;
      [mask, blocked, tensor] = [condition, value, kept];
    } else if (name(node) === "mul" && scale === 1) {
      const found = factorOf(node);
      if (found === null || !sameShape(found.tensor.shape, scores.shape)) return null;
      [scale, tensor] = [found.factor, found.tensor];
    } else return null;
  }
}

/** From the softmax's gradient down to the products with keys and queries; the last tensor is what they read. */
function after(slopes: Tensor, graph: GraphView): (Between & { readonly result: Tensor }) | null {
  const nodes: Node[] = [];
  let [scale, mask]: [number, Tensor | null] = [1, null];
  let tensor = slopes;
  for (;;) {
    const reader = onlyReader(tensor, graph);
    if (name(reader) === "where" && mask === null && nodes.length === 0) {
      const [condition, kept, other] = (reader as Node).inputs as readonly [Tensor, Tensor, Tensor];
      if (kept !== tensor || scalar(other) !== 0 || maskStrides(condition, slopes.shape) === null) return null;
      mask = condition;
    } else if (name(reader) === "mul" && scale === 1) {
      const found = factorOf(reader as Node);
      if (found === null || found.tensor !== tensor) return null;
      scale = found.factor;
    } else return graph.needed(tensor) ? null : { nodes, scale, mask, blocked: 0, result: tensor };
    nodes.push(reader as Node);
    tensor = (reader as Node).outputs[0] as Tensor;
    if (!sameShape(tensor.shape, slopes.shape)) return null;
  }
}

/** Rows are normalised: the axis is the last. */
const alongRows = (node: Node, scores: Tensor): boolean =>
  (node.attributes as AxisAttributes).axis === scores.shape.length - 1 && scores.dtype === "f32";

const extents = (tensor: Tensor): [number, number, number, number] => {
  const { shape } = tensor;
  const [rows, columns] = shape.slice(-2) as [number, number];
  return [shape[0] as number, shape.length === 4 ? (shape[1] as number) : 1, rows, columns];
};

const distinct = <T>(list: readonly T[]): T[] => [...new Set(list)];
const none: readonly number[] = [0, 0, 0];

/** Scores that machine code multiplies faster than the kernels that keep them in a cache: not so many that they should not all be kept. */
const mostScores = 2 ** 24;

function byMachineCode(context: LoweringContext, scores: Tensor, depth: number): boolean {
  return context.machineCode && scores.size <= mostScores && scores.size * depth >= 10_000;
}

/** Matrices in memory of a tensor, or at an address. */
type Place = Pick<Matrices, "strides"> & ({ readonly tensor: Tensor } | { readonly address: Address });

/** One product for each head of each example. */
function emitProducts(
  context: LoweringContext,
  [examples, heads]: readonly [number, number],
  places: readonly [Place, Place, Place],
  [m, n, k]: readonly [number, number, number],
  options: { readonly transposeA?: boolean; readonly transposeB?: boolean; readonly independent?: boolean },
): void {
  const [a, b, c] = places.map((place) => ("address" in place ? place.address : context.buffer(place.tensor))) as [
    Address,
    Address,
    Address,
  ];
  const [ofA, ofB, ofC] = places.map(({ strides }) => strides) as [Matrices["strides"], Matrices["strides"], Matrices["strides"]];
  context.gemm({
    a, b, c, m, n, k, lda: ofA[2], ldb: ofB[2], ldc: ofC[2], batch: heads, strideA: ofA[1], strideB: ofB[1], strideC: ofC[1],
    outer: { count: examples, strideA: ofA[0], strideB: ofB[0], strideC: ofC[0] }, ...options,
  }); // prettier-ignore
}

/** softmax(scale q k^T) v for all heads. The heads' axis is read and written where it lies. */
const attentionFusion: Fusion = {
  name: "attention",
  operation: "softmax",
  match(node, graph): FusionMatch | null {
    const weights = node.outputs[0] as Tensor;
    if (!alongRows(node, weights)) return null;
    const found = before(node.inputs[0] as Tensor, graph);
    if (found === null) return null;
    const mixing = graph.consumers(weights).find((reader) => isProduct(reader, false, false) && reader.inputs[0] === weights);
    if (mixing === undefined || mixing.inputs[1] === weights) return null;
    const { product, scale, mask, blocked } = found;
    const [q, k] = product.inputs.map(readThrough) as [Matrices, Matrices];
    const v = readThrough(mixing.inputs[1] as Tensor);
    const y = writeThrough(mixing.outputs[0] as Tensor, graph);
    const kept = graph.needed(weights) || graph.consumers(weights).length > 1;
    const [batch, heads, queries, keys] = extents(weights);
    const [width, depth] = [product.inputs[0] as Tensor, mixing.outputs[0] as Tensor].map((tensor) => tensor.shape.at(-1)) as [
      number,
      number,
    ];
    if (weights.size * width * depth === 0) return null;
    return {
      nodes: [product, ...found.nodes, node, mixing, ...y.nodes],
      inputs: distinct([q.tensor, k.tensor, v.tensor, ...(mask === null ? [] : [mask])]),
      outputs: [y.tensor, ...(kept ? [weights] : [])],
      lower(context) {
        const maskArguments = mask === null ? [absent, ...none] : [context.buffer(mask), ...(maskStrides(mask, weights.shape) ?? none)];
        if (kept && byMachineCode(context, weights, width + depth)) {
          const p = context.buffer(weights);
          const scores = { tensor: weights, strides: [heads * queries * keys, queries * keys, keys] as const };
          const shape = [batch, heads] as const;
          emitProducts(context, shape, [q, k, scores], [queries, keys, width], { transposeB: true });
          context.emit("attentionWeights", [p, ...maskArguments, batch, heads, queries, keys, scale, blocked], {
            work: 12 * weights.size,
            independent: true,
          });
          emitProducts(context, shape, [scores, v, y], [queries, depth, keys], { independent: true });
          return;
        }
        const scratch = context.scratch(scratchBytes.attention(keys, width, depth) * context.threads);
        context.emit(
          "attention",
          [
            context.buffer(q.tensor), context.buffer(k.tensor), context.buffer(v.tensor), mask === null ? absent : context.buffer(mask),
            kept ? context.buffer(weights) : absent, context.buffer(y.tensor), ...q.strides, ...k.strides, ...v.strides,
            ...(mask === null ? none : (maskStrides(mask, weights.shape) ?? none)), ...y.strides,
            batch, heads, queries, keys, width, depth, scale, blocked, scratch,
          ],
          { work: weights.size * (width + depth + 12) },
        ); // prettier-ignore
      },
    };
  },
};

/** The gradients of q, k and v from the weights and the result's gradient. */
const attentionGradientFusion: Fusion = {
  name: "attention's gradient",
  operation: "softmaxGradient",
  match(node, graph): FusionMatch | null {
    const [weights, incoming] = node.inputs as readonly [Tensor, Tensor];
    if (!alongRows(node, weights) || onlyReader(incoming, graph) !== node) return null;
    const ofWeights = incoming.node;
    if (ofWeights === null || !isProduct(ofWeights, false, true)) return null;
    const [gradient, values] = ofWeights.inputs as readonly [Tensor, Tensor];
    const found = after(node.outputs[0] as Tensor, graph);
    if (found === null) return null;
    const { nodes, scale, mask, result } = found;
    const readers = graph.consumers(result);
    const toQueries = readers.find((reader) => isProduct(reader, false, false) && reader.inputs[0] === result);
    const toKeys = readers.find((reader) => isProduct(reader, true, false) && reader.inputs[0] === result);
    const toValues = graph
      .consumers(weights)
      .find((reader) => isProduct(reader, true, false) && reader.inputs[0] === weights && reader.inputs[1] === gradient);
    if (readers.length !== 2 || toQueries === undefined || toKeys === undefined || toValues === undefined) return null;
    const [q, k, v, g] = [toKeys.inputs[1], toQueries.inputs[1], values, gradient].map((tensor) => readThrough(tensor as Tensor)) as [
      Matrices, Matrices, Matrices, Matrices,
    ]; // prettier-ignore
    const results = [toQueries, toKeys, toValues].map((product) => writeThrough(product.outputs[0] as Tensor, graph));
    const [batch, heads, queries, keys] = extents(weights);
    const [width, depth] = [toQueries.outputs[0] as Tensor, gradient].map((tensor) => tensor.shape.at(-1)) as [number, number];
    if (weights.size * width * depth === 0) return null;
    return {
      nodes: [ofWeights, node, ...nodes, toQueries, toKeys, toValues, ...results.flatMap((matrices) => matrices.nodes)],
      inputs: distinct([q.tensor, k.tensor, v.tensor, weights, g.tensor, ...(mask === null ? [] : [mask])]),
      outputs: results.map(({ tensor }) => tensor),
      lower(context) {
        const maskArguments = mask === null ? [absent, ...none] : [context.buffer(mask), ...(maskStrides(mask, weights.shape) ?? none)];
        if (byMachineCode(context, weights, 2 * (width + depth))) {
          const scores = { tensor: weights, strides: [heads * queries * keys, queries * keys, keys] as const };
          const slopes = { address: context.scratch(weights.size * 4), strides: scores.strides };
          const [dq, dk, dv] = results as readonly Matrices[] as readonly [Matrices, Matrices, Matrices];
          const shape = [batch, heads] as const;
          emitProducts(context, shape, [g, v, slopes], [queries, keys, depth], { transposeB: true });
          context.emit("attentionSlopes", [context.buffer(weights), slopes.address, ...maskArguments, batch, heads, queries, keys, scale], {
            work: 8 * weights.size,
            independent: true,
          });
          emitProducts(context, shape, [slopes, k, dq], [queries, width, keys], { independent: true });
          emitProducts(context, shape, [slopes, q, dk], [keys, width, queries], { transposeA: true, independent: true });
          emitProducts(context, shape, [scores, g, dv], [keys, depth, queries], { transposeA: true, independent: true });
          return;
        }
        const scratch = context.scratch(scratchBytes.attentionGradient(queries, keys, width, depth) * context.threads);
        context.emit(
          "attentionGradient",
          [
            context.buffer(q.tensor), context.buffer(k.tensor), context.buffer(v.tensor), mask === null ? absent : context.buffer(mask),
            context.buffer(weights), context.buffer(g.tensor), ...results.map(({ tensor }) => context.buffer(tensor)),
            ...q.strides, ...k.strides, ...v.strides, ...(mask === null ? none : (maskStrides(mask, weights.shape) ?? none)), ...g.strides,
            ...results.flatMap(({ strides }) => strides), batch, heads, queries, keys, width, depth, scale, scratch,
          ],
          { work: weights.size * (2 * width + 2 * depth + 8) },
        ); // prettier-ignore
      },
    };
  },
};

export const attentionFusions: readonly Fusion[] = [attentionFusion, attentionGradientFusion];
