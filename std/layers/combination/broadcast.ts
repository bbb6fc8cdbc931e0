import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Dim, FlowType } from "../definition.js";
import { describeFlow, describeOther } from "../define.js";
import { compareDims } from "../dimensions.js";
import { LayerError } from "../layer-error.js";

/**
 * NumPy's broadcasting on the dimensions of a flow; the batch axis stays where it is.
 * @param verb for the message: "cannot add: the flow is 56x56x256, `skip` is 56x56x64"
 * @throws LayerError E031
 */
export function broadcastDims(verb: string, left: FlowType, right: FlowType): Dim[] {
  const rank = Math.max(left.shape.length, right.shape.length);
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const a = left.shape[left.shape.length - rank + axis] ?? 1;
    const b = right.shape[right.shape.length - rank + axis] ?? 1;
    if (a === 1 || b === 1) result.push(a === 1 ? b : a);
    else if (compareDims(a, b) === "unequal") {
      throw new LayerError(`cannot ${verb}: ${describeFlow(left)}, ${describeOther(right)}`, { code: "E031" });
    } else result.push(typeof b === "number" ? b : a);
  }
  return result;
}

/** Gives the tensor of lower rank axes of extent 1 behind the batch axis: (B, C) beside (B, H, W, C) becomes (B, 1, 1, C). */
export function alignRanks(left: Tensor, right: Tensor): [Tensor, Tensor] {
  const rank = Math.max(left.rank, right.rank);
  const widen = (x: Tensor): Tensor =>
    x.rank === rank ? x : operations.reshape(x, [x.shape[0] as number, ...new Array<number>(rank - x.rank).fill(1), ...x.shape.slice(1)]);
  return [widen(left), widen(right)];
}
