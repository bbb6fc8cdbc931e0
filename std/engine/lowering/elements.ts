import type { DType } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";

/** What an array holds, as the kernels that take several kinds are told (`Element` in the assembly). */
const kinds: Partial<Record<DType, number>> = { f32: 0, i32: 1, u8: 2, bool: 2 };

/** Whether the kernels know this kind of element: all but f64, which is never lowered. */
export function isKnown({ dtype }: Tensor): boolean {
  return dtype !== "f64";
}

export function kindOf({ dtype }: Tensor): number {
  const kind = kinds[dtype];
  if (kind === undefined) throw new Error(`no kernel takes ${dtype}`);
  return kind;
}

/** Whether an element is one byte; the others have four. */
export function isByte({ dtype }: Tensor): boolean {
  return dtype === "u8" || dtype === "bool";
}
