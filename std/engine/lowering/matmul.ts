import type { Node } from "../../tensor/graph.js";
import type { MatmulAttributes } from "../../tensor/operations/matmul.js";
import { broadcastStrides, offsetsOf } from "../../tensor/offsets.js";
import { input, isSingle, output } from "./arguments.js";
import type { Address, LoweringContext, LoweringRule } from "./contract.js";
import { emitByDepth, emitProduct, plain, type Epilogue } from "./product.js";

/** Lowers a matrix product. With an epilogue, `result` is where the finished result goes. */
export function lowerMatmul(node: Node, context: LoweringContext, epilogue: Epilogue, result: Address): void {
  const { transposeA, transposeB } = node.attributes as MatmulAttributes;
  const [a, b, out] = [input(node, 0), input(node, 1), output(node)];
  const [m, n] = out.shape.slice(-2) as [number, number];
  const k = a.shape.at(transposeA ? -2 : -1) as number;
  const [left, right] = [context.buffer(a), context.buffer(b)];
  if (k === 0) return context.emit("fill", [result, out.size, 0], { work: out.size });

  const batch = out.shape.slice(0, -2);
  const starts = [a, b].map((operand) => offsetsOf(batch, broadcastStrides(operand.shape.slice(0, -2), batch))) as [Int32Array, Int32Array];
  const count = starts[0].length;
  const [stepA, stepB] = starts.map(evenStep) as [number | null, number | null];
  const plainProduct = count === 1 && !transposeA && !transposeB;
  if (plainProduct && b.node?.kind === "variable" && emitByDepth(context, { a: left, b: right, c: result, m, n, k }, epilogue)) return;
  if (stepA !== null && stepB !== null) {
    emitProduct(
      context,
      { a: left, b: right, c: result, m, n, k, transposeA, transposeB, batch: count, strideA: stepA * m * k, strideB: stepB * k * n },
      epilogue,
    );
    return;
  }
  // Operands broadcast in an uneven pattern: one call for each product.
  for (let at = 0; at < count; at++) {
    const offset = at * m * n * 4;
    emitProduct(
      context,
      {
        a: left.plus((starts[0][at] as number) * m * k * 4),
        b: right.plus((starts[1][at] as number) * k * n * 4),
        c: result.plus(offset),
        m,
        n,
        k,
        transposeA,
        transposeB,
      },
      { ...epilogue, residual: epilogue.residual?.plus(offset) ?? null },
    );
  }
}

/** The distance between neighbours when it is the same everywhere, else null. */
function evenStep(starts: Int32Array): number | null {
  const step = starts.length > 1 ? (starts[1] as number) - (starts[0] as number) : 0;
  return starts.every((start, at) => start === at * step) ? step : null;
}

export const matmulRules: Readonly<Record<"matmul", LoweringRule>> = {
  matmul: { supports: isSingle, lower: (node, context) => lowerMatmul(node, context, plain, context.buffer(output(node))) },
};
