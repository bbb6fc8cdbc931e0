import type { Dim, FlowType } from "../layers/definition.js";
import { compareDims, formatFlow } from "../layers/dimensions.js";
import { LayerError } from "../layers/layer-error.js";
import { add, div, matmul, mul, neg, pow, reshape, sub } from "../tensor/index.js";
import type { Tensor } from "../tensor/tensor.js";

/** The operators of formulas: `f * cell + i * g`, `q @ transpose(w) / sqrt(k)`. */
export type FormulaOperator = "+" | "-" | "*" | "/" | "^" | "@" | "negate";

const verbs: Readonly<Record<FormulaOperator, string>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "^": "raise",
  "@": "multiply as matrices",
  negate: "negate",
};

/**
 * The type of a formula's result, without the batch axis: operands broadcast by NumPy's rule; `@` is the matrix product of
 * the last two axes.
 * @throws LayerError E031 when the shapes do not fit.
 */
export function inferFormula(operator: FormulaOperator, operands: readonly (FlowType | number)[]): FlowType {
  const flows = operands.filter((operand): operand is FlowType => typeof operand !== "number");
  const [left, right] = flows;
  if (left === undefined) throw new LayerError("a formula needs a tensor", { code: "E031" });
  for (const flow of flows) {
    if (flow.dtype === "i32") {
      throw new LayerError(`cannot ${verbs[operator]}: ${described(flow)}, which are token ids`, {
        code: "E035",
        hint: "turn ids into vectors first: embedding V, d",
      });
    }
  }
  if (operator === "@") {
    if (right === undefined) throw new LayerError("`@` takes two tensors; use `*` with a number", { code: "E031" });
    return { shape: productShape(left, right), dtype: left.dtype };
  }
  if (right === undefined) return { shape: left.shape, dtype: left.dtype };
  return { shape: broadcast(operator, left, right), dtype: left.dtype };
}

function described(flow: FlowType): string {
  return `${flow.name === undefined ? "one is" : `\`${flow.name}\` is`} ${formatFlow(flow)}`;
}

function mismatch(operator: FormulaOperator, left: FlowType, right: FlowType, hint: string): LayerError {
  const second = right.name === undefined ? `the other ${formatFlow(right)}` : described(right);
  return new LayerError(`cannot ${verbs[operator]}: ${described(left)}, ${second}`, { code: "E031", hint });
}

function broadcast(operator: FormulaOperator, left: FlowType, right: FlowType): Dim[] {
  const rank = Math.max(left.shape.length, right.shape.length);
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const a = left.shape[axis - rank + left.shape.length] ?? 1;
    const b = right.shape[axis - rank + right.shape.length] ?? 1;
    if (a === 1) result.push(b);
    else if (b === 1 || compareDims(a, b) !== "unequal") result.push(a);
    else throw mismatch(operator, left, right, "axes are matched from the last one; they must be equal, or one of them 1");
  }
  return result;
}

function productShape(left: FlowType, right: FlowType): Dim[] {
  const [a, b] = [left.shape, right.shape];
  if (a.length < 1 || b.length < 2) throw mismatch("@", left, right, "a matrix product needs an axis on the left and two on the right");
  const inner = a.at(-1) as Dim;
  const rows = b.at(-2) as Dim;
  if (compareDims(inner, rows) === "unequal") {
    throw mismatch(
      "@",
      left,
      right,
      `the last axis on the left (${text(inner)}) must be the second last on the right (${text(rows)}); transpose one of them?`,
    );
  }
  const outer = a.length >= b.length ? a.slice(0, -2) : b.slice(0, -2);
  return [...outer, ...a.slice(-2, -1), b.at(-1) as Dim];
}

const text = (dim: Dim): string => (typeof dim === "number" ? String(dim) : dim.text);

/** The formula on tensors with a leading batch axis. */
export function runFormula(operator: FormulaOperator, operands: readonly (Tensor | number)[]): Tensor {
  const rank = Math.max(...operands.map((operand) => (typeof operand === "number" ? 0 : operand.rank)));
  // Axes are matched from the last one, but the batch axis stands first in all: missing axes go between.
  const aligned = operands.map((operand) => {
    if (typeof operand === "number" || operand.rank === rank || operator === "@") return operand;
    const [batch = 1, ...rest] = operand.shape;
    return reshape(operand, [batch, ...new Array<number>(rank - operand.rank).fill(1), ...rest]);
  });
  const [left = 0, right = 0] = aligned;
  switch (operator) {
    case "+":
      return add(left, right);
    case "-":
      return sub(left, right);
    case "*":
      return mul(left, right);
    case "/":
      return div(left, right);
    case "^":
      return pow(left, right);
    case "negate":
      return neg(left);
    case "@":
      return productOf(left as Tensor, right as Tensor);
  }
}

function productOf(left: Tensor, right: Tensor): Tensor {
  if (left.rank !== 2 || right.rank < 3) return matmul(left, right);
  // A vector an example times a matrix an example: as a matrix of one row.
  const [batch = 1, extent = 1] = left.shape;
  const product = matmul(reshape(left, [batch, 1, extent]), right);
  return reshape(product, [batch, product.shape.at(-1) ?? 1]);
}
