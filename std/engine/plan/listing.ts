import type { ProductShape, RecordedCall } from "./calls.js";
import type { Unit } from "./units.js";

function describeProduct({ m, n, k, batch, windows }: ProductShape): string {
  if (windows === null) return `product ${m}x${n}x${k} (${batch})`;
  const times = `(${windows.images} x ${windows.rows})`;
  return windows.sums ? `sumWindows ${windows.taps}x${m}x${n}x${k} ${times}` : `multiplyWindows ${m}x${n}x${windows.taps}x${k} ${times}`;
}

/** A call in words: who, for which operations, what they give, how much work it is, and for which row of a net. */
export function describe(call: RecordedCall, unit: Unit): string {
  const { target } = call;
  const shape = unit.outputs[0]?.shape.join("x") ?? "";
  const nodes = unit.nodes.map((node) => node.operation?.name).join(" ");
  const what =
    target.kind === "kernel"
      ? target.name
      : target.kind === "product"
        ? describeProduct(target.product)
        : target.kind === "native"
          ? `${target.routine.kind} in machine code`
          : target.kind;
  return `${what}: ${nodes} -> ${shape} [${Math.round(call.work)}] ${unit.nodes[0]?.scope ?? ""}`;
}
