import type { FlowType } from "../layers/definition.js";

/** `227x227x3`, with symbolic dimensions as written, and `int` where a flow is token ids. */
export function formatFlow(type: FlowType): string {
  const shape = type.shape.length === 0 ? "scalar" : type.shape.map((dim) => (typeof dim === "number" ? String(dim) : dim.text)).join("x");
  return type.dtype === "i32" ? `${shape} int` : shape;
}
