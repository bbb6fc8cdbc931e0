import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Dim, FlowType } from "../definition.js";
import { compareDims, formatDim, formatFlow } from "../dimensions.js";
import { LayerError } from "../layer-error.js";

export type FormulaOperator = "+" | "-" | "*" | "/" | "@";

const verbs: Readonly<Record<FormulaOperator, string>> = { "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "@": "multiply as matrices" };

/**
 * The type of `left operator right`. `+ - * /` work number by number: shapes are aligned at the last dimension, and each
 * dimension is equal on both sides, 1 on one of them, or missing on one of them (H x W x C times C scales channels).
 * `@` multiplies matrices: T x D @ D x S gives T x S; a vector on the left is a row, on the right a column.
 * Dimensions that cannot be compared yet (T and S) are compared when there are numbers.
 * @throws LayerError E032 when the shapes do not fit, E035 for token ids.
 */
export function inferOperator(operator: FormulaOperator, left: FlowType | number, right: FlowType | number): FlowType {
  if (typeof left === "number" || typeof right === "number") {
    const flow = typeof left === "number" ? right : left;
    if (operator === "@" || typeof flow === "number") throw new LayerError(`cannot ${verbs[operator]}: a number is not a matrix`, { code: "E032" });
    return numeric(operator, flow);
  }
  const [a, b] = [numeric(operator, left), numeric(operator, right)];
  if (operator === "@") return { shape: matrixProductShape(a, b), dtype: a.dtype };
  return { shape: broadcastDims(verbs[operator], a, b), dtype: a.dtype };
}

/** Both sides with a leading batch axis, or numbers. @throws ShapeError when dimensions left open before do not fit. */
export function applyOperator(operator: FormulaOperator, left: Tensor | number, right: Tensor | number): Tensor {
  if (operator === "@") return matrixProduct(left as Tensor, right as Tensor);
  const compute = { "+": operations.add, "-": operations.sub, "*": operations.mul, "/": operations.div }[operator];
  if (typeof left === "number" || typeof right === "number") return compute(left, right);
  return compute(...alignRanks(left, right));
}

function numeric(operator: FormulaOperator, flow: FlowType): FlowType {
  if (flow.dtype === "f32" || flow.dtype === "f64") return flow;
  throw new LayerError(`cannot ${verbs[operator]}: ${sideText(flow, "one side")}, which are token ids`, {
    code: "E035",
    hint: "turn ids into vectors first: embedding V, d",
  });
}

/** "`skip` is 56x56x64", or "the right side is 56x56x64". */
function sideText(flow: FlowType, side: string): string {
  return `${flow.name === undefined ? side : `\`${flow.name}\``} is ${formatFlow(flow)}`;
}

/**
 * NumPy's broadcasting on the dimensions of a flow; the batch axis stays where it is.
 * @param verb for the message: "cannot add: the flow is 56x56x256, `skip` is 56x56x64"
 * @throws LayerError E032
 */
export function broadcastDims(verb: string, left: FlowType, right: FlowType, sides: readonly [string, string] = ["the left side", "the right side"]): Dim[] {
  const rank = Math.max(left.shape.length, right.shape.length);
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const a = left.shape[left.shape.length - rank + axis] ?? 1;
    const b = right.shape[right.shape.length - rank + axis] ?? 1;
    if (a === 1 || b === 1) result.push(a === 1 ? b : a);
    else if (compareDims(a, b) === "unequal") {
      throw new LayerError(`cannot ${verb}: ${sideText(left, sides[0])}, ${sideText(right, sides[1])}`, { code: "E032" });
    } else result.push(typeof b === "number" ? b : a);
  }
  return result;
}

function matrixProductShape(left: FlowType, right: FlowType): Dim[] {
  const misfit = (reason: string, hint = ""): LayerError =>
    new LayerError(`cannot ${verbs["@"]}: ${sideText(left, "the left side")}, ${sideText(right, "the right side")}${reason}`, { code: "E032", hint });
  if (left.shape.length === 0 || right.shape.length === 0) throw misfit("; a single number is not a matrix");
  const inner = left.shape.at(-1) as Dim;
  const outer = right.shape.at(-2) ?? (right.shape[0] as Dim);
  if (compareDims(inner, outer) === "unequal") {
    const swapped = right.shape.length > 1 && compareDims(inner, right.shape.at(-1) as Dim) === "equal";
    throw misfit(
      `: ${formatDim(inner)} columns on the left, ${formatDim(outer)} rows on the right`,
      swapped ? `transpose(${right.name ?? "the right side"}) has ${formatDim(inner)} rows` : "",
    );
  }
  const leading = broadcastDims(verbs["@"], { ...left, shape: left.shape.slice(0, -2) }, { ...right, shape: right.shape.slice(0, -2) });
  return [...leading, ...(left.shape.length > 1 ? left.shape.slice(-2, -1) : []), ...(right.shape.length > 1 ? right.shape.slice(-1) : [])];
}

function matrixProduct(left: Tensor, right: Tensor): Tensor {
  // (B, D) is a row (B, 1, D) on the left and a column (B, D, 1) on the right; the axis goes again afterwards.
  const row = left.rank === 2;
  const column = right.rank === 2;
  const [a, b] = alignRanks(row ? operations.expandDims(left, 1) : left, column ? operations.expandDims(right, 2) : right);
  const product = operations.matmul(a, b);
  return row || column ? operations.squeeze(product, [...(row ? [product.rank - 2] : []), ...(column ? [product.rank - 1] : [])]) : product;
}

/** Gives the tensor of lower rank axes of extent 1 behind the batch axis: (B, C) beside (B, H, W, C) becomes (B, 1, 1, C). */
export function alignRanks(left: Tensor, right: Tensor): [Tensor, Tensor] {
  const rank = Math.max(left.rank, right.rank);
  const widen = (x: Tensor): Tensor =>
    x.rank === rank ? x : operations.reshape(x, [x.shape[0] as number, ...new Array<number>(rank - x.rank).fill(1), ...x.shape.slice(1)]);
  return [widen(left), widen(right)];
}
