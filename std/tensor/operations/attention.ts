import { ShapeError } from "../../errors.js";
import { broadcastShapes, formatShape, sameShape } from "../shape.js";
import { Tensor } from "../tensor.js";
import { add, mul } from "./arithmetic.js";
import { matmul } from "./matmul.js";
import { toFloat } from "./operand.js";
import { where } from "./selection.js";
import { softmax } from "./softmax.js";

/** What stands in the scores where a query may not look: e to the power of it is 0, and a row of nothing else is no NaN. */
const blocked = -1e9;

/** T x S: row t may look at columns 0 to t. With S > T the rows are the last T of S. */
export function causalMask(queries: number, keys: number): Tensor {
  const data = new Uint8Array(queries * keys);
  for (let t = 0; t < queries; t++) for (let s = 0; s <= t + keys - queries && s < keys; s++) data[t * keys + s] = 1;
  return new Tensor({ shape: [queries, keys], dtype: "bool" }, data);
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017): weights = softmax(q k^T scale), y = weights v.
 * q: ... x T x d; k: ... x S x d; v: ... x S x e, usually with N x heads in front; y: ... x T x e; weights: ... x T x S.
 * Composed of products and a softmax, so that it has gradients of every order.
 * @param options.mask what may be looked at: bool, true where a query may see a key; or f32, added to the scores. It
 *   broadcasts to ... x T x S.
 * @param options.causal a query sees only keys up to its own place; default false
 * @param options.scale default 1/sqrt(d)
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: { readonly mask?: Tensor; readonly causal?: boolean; readonly scale?: number } = {},
): { readonly y: Tensor; readonly weights: Tensor } {
  if (q.rank < 2 || q.shape.at(-1) !== k.shape.at(-1))
    throw new ShapeError(`attention: queries ${formatShape(q.shape)} and keys ${formatShape(k.shape)} must have equally many features`);
  if (k.shape.at(-2) !== v.shape.at(-2))
    throw new ShapeError(
      `attention: there are ${k.shape.at(-2)} keys (${formatShape(k.shape)}), but ${v.shape.at(-2)} values (${formatShape(v.shape)})`,
    );
  const [queries, features] = q.shape.slice(-2) as [number, number];
  const keys = k.shape.at(-2) as number;
  let scores = mul(matmul(toFloat(q), k, { transposeB: true }), options.scale ?? 1 / Math.sqrt(features)); // ... x T x S
  if (options.mask !== undefined) {
    const { mask } = options;
    if (!sameShape(broadcastShapes(mask.shape, scores.shape, "attention (mask)"), scores.shape)) {
      throw new ShapeError(`attention: the mask ${formatShape(mask.shape)} does not broadcast to the scores, ${formatShape(scores.shape)}`);
    }
    scores = mask.dtype === "bool" ? where(mask, scores, blocked) : add(scores, mask);
  }
  if (options.causal === true) scores = where(causalMask(queries, keys), scores, blocked);
  const weights = softmax(scores);
  return { y: matmul(weights, v), weights };
}
