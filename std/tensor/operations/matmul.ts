import { ShapeError } from "../../errors.js";
import { broadcastStrides, offsetsOf } from "../offsets.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { broadcastShapes, formatShape, sizeOf, type Shape, type TensorType } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { promote, toFloat } from "./operand.js";
import { sumTo } from "./reductions.js";
import { reshape } from "./reshaping.js";

/** Transposed operands are read with their last two axes changed. */
export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export const matmulOperation: Operation<MatmulAttributes> = defineOperation<MatmulAttributes, 2>({
  name: "matmul",
  infer([a, b], { transposeA, transposeB }) {
    const { m, n } = extents(a, b, { transposeA, transposeB });
    return [{ shape: [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), "matmul (batch axes)"), m, n], dtype: a.dtype }];
  },
  gradient({ inputs: [a, b], gradients: [g], attributes: { transposeA, transposeB }, wanted }) {
    // C = A B: dA = G B^T, dB = A^T G; where an operand is read transposed, its gradient is the transposed product.
    const toA = (): Tensor =>
      transposeA ? matmul(b, g, { transposeA: transposeB, transposeB: true }) : matmul(g, b, { transposeB: !transposeB });
    const toB = (): Tensor =>
      transposeB ? matmul(g, a, { transposeA: true, transposeB: transposeA }) : matmul(a, g, { transposeA: !transposeA });
    return [wanted[0] ? sumTo(toA(), a.shape) : null, wanted[1] ? sumTo(toB(), b.shape) : null];
  },
  evaluate([a, b], attributes, [out]) {
    const { m, k, n } = extents(a, b, attributes);
    const batch = out.shape.slice(0, -2);
    const startsA = offsetsOf(batch, broadcastStrides(a.shape.slice(0, -2), batch));
    const startsB = offsetsOf(batch, broadcastStrides(b.shape.slice(0, -2), batch));
    const [rowA, columnA] = attributes.transposeA ? [1, m] : [k, 1];
    const [rowB, columnB] = attributes.transposeB ? [1, k] : [n, 1];
    const row = new Float64Array(n);
    for (let at = 0; at < startsA.length; at++) {
      const baseA = (startsA[at] as number) * m * k;
      const baseB = (startsB[at] as number) * k * n;
      for (let i = 0; i < m; i++) {
        // Sums run over k in rising order, in double precision, rounded once.
        row.fill(0);
        for (let p = 0; p < k; p++) {
          const left = a.data[baseA + i * rowA + p * columnA] as number;
          const start = baseB + p * rowB;
          for (let j = 0; j < n; j++) row[j] = (row[j] as number) + left * (b.data[start + j * columnB] as number);
        }
        out.data.set(row, (at * m + i) * n);
      }
    }
  },
});

function extents(a: TensorType, b: TensorType, { transposeA, transposeB }: MatmulAttributes): { m: number; k: number; n: number } {
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new ShapeError(`matmul: matrices have two axes or more, but these are ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  if (a.dtype !== b.dtype) throw new ShapeError(`matmul: one matrix is ${a.dtype}, the other ${b.dtype}; cast one of them`);
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== inner) {
    const read = (shape: Shape, transposed: boolean): string => formatShape(shape) + (transposed ? " transposed" : "");
    throw new ShapeError(
      `matmul: ${read(a.shape, transposeA)} times ${read(b.shape, transposeB)}: the rows on the left have ${k} ` +
        `numbers, the columns on the right ${inner}; they must be equal`,
    );
  }
  return { m, k, n };
}

/**
 * The matrix product over the last two axes; the axes before them are batch axes and broadcast.
 * a: ... x m x k (k x m with `transposeA`), b: ... x k x n (n x k with `transposeB`), result: ... x m x n.
 * A vector on the right or left is taken as one column or row, which the result then lacks.
 */
export function matmul(a: Tensor, b: Tensor, options: { readonly transposeA?: boolean; readonly transposeB?: boolean } = {}): Tensor {
  const attributes = { transposeA: options.transposeA ?? false, transposeB: options.transposeB ?? false };
  const [left, right] = promote(toFloat(a), toFloat(b));
  if (left.rank === 1 || right.rank === 1) return vectorProduct(left, right, options);
  if (right.rank === 2 && left.rank > 2 && !attributes.transposeA) {
    // One large product in place of a batch of small ones: (B m) x k times k x n.
    const rows = reshape(left, [sizeOf(left.shape.slice(0, -1)), left.shape.at(-1) as number]);
    const { n } = extents(left, right, attributes);
    return reshape(applyOne(matmulOperation, [rows, right], attributes), [...left.shape.slice(0, -1), n]);
  }
  return applyOne(matmulOperation, [left, right], attributes);
}

function vectorProduct(a: Tensor, b: Tensor, options: { readonly transposeA?: boolean; readonly transposeB?: boolean }): Tensor {
  const left = a.rank === 1 ? reshape(a, [1, a.size]) : a; // k -> 1 x k
  const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b; // k -> k x 1
  const product = matmul(left, right, {
    transposeA: a.rank > 1 && (options.transposeA ?? false),
    transposeB: b.rank > 1 && (options.transposeB ?? false),
  });
  const batch = product.shape.slice(0, -2);
  const [m, n] = product.shape.slice(-2) as [number, number];
  return reshape(product, [...batch, ...(a.rank === 1 ? [] : [m]), ...(b.rank === 1 ? [] : [n])]);
}
