import { ShapeError } from "../../errors.js";
import { viewAlong } from "../offsets.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { formatShape, normalizeAxis, sameShape, type TensorType } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { AxisAttributes } from "./arg-extremes.js";
import { promote } from "./operand.js";
import { expandDims } from "./reshaping.js";
import { slice } from "./slicing.js";

export const concatOperation: Operation<AxisAttributes> = defineOperation<AxisAttributes, number>({
  name: "concat",
  infer(inputs, { axis }) {
    const first = inputs[0] as TensorType;
    for (const [index, input] of inputs.entries()) {
      if (input.dtype !== first.dtype)
        throw new ShapeError(`concat: tensor 0 is ${first.dtype}, tensor ${index} is ${input.dtype}; cast one of them`);
      if (input.shape.length !== first.shape.length || input.shape.some((extent, at) => at !== axis && extent !== first.shape[at])) {
        throw new ShapeError(
          `concat: tensor 0 is ${formatShape(first.shape)}, tensor ${index} is ${formatShape(input.shape)}; on every axis ` +
            `but axis ${axis} they must be equal`,
        );
      }
    }
    const total = inputs.reduce((sum, input) => sum + (input.shape[axis] as number), 0);
    return [{ shape: first.shape.map((extent, at) => (at === axis ? total : extent)), dtype: first.dtype }];
  },
  gradient({ inputs, gradients: [g], attributes: { axis }, wanted }) {
    let start = 0;
    return inputs.map((input, index) => {
      const from = start;
      start += input.shape[axis] as number;
      return wanted[index] === true ? sliceAlong(g, axis, from, start) : null;
    });
  },
  evaluate(inputs, { axis }, [out]) {
    const { outer, extent, inner } = viewAlong(out.shape, axis);
    let start = 0;
    for (const input of inputs) {
      const run = (input.shape[axis] as number) * inner;
      for (let o = 0; o < outer; o++) out.data.set(input.data.subarray(o * run, (o + 1) * run), o * extent * inner + start);
      start += run;
    }
  },
});

function sliceAlong(x: Tensor, axis: number, from: number, to: number): Tensor {
  return slice(
    x,
    x.shape.map((_, at) => (at === axis ? from : 0)),
    x.shape.map((extent, at) => (at === axis ? to : extent)),
  );
}

/** Joins tensors along an axis; on the others they must agree. @param axis default the last (channels, features) */
export function concat(tensors: readonly Tensor[], axis = -1): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new ShapeError("concat: at least one tensor is needed");
  const at = normalizeAxis(axis, first.rank, "concat");
  if (tensors.length === 1) return first;
  const widest = tensors.reduce((wide, next) => promote(wide, next)[0], first);
  return applyOne(
    concatOperation,
    tensors.map((tensor) => promote(tensor, widest)[0]),
    { axis: at },
  );
}

/** Joins tensors of one shape along a new axis. @param axis default 0 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new ShapeError("stack: at least one tensor is needed");
  const wrong = tensors.findIndex(({ shape }) => !sameShape(shape, first.shape));
  if (wrong >= 0)
    throw new ShapeError(
      `stack: tensor 0 is ${formatShape(first.shape)}, tensor ${wrong} is ${formatShape(tensors[wrong]?.shape ?? [])}; they must be equal`,
    );
  return concat(
    tensors.map((tensor) => expandDims(tensor, axis)),
    normalizeAxis(axis, first.rank + 1, "stack"),
  );
}

/** Cuts x along an axis into that many equal parts, or into parts of the given sizes. @param axis default the last */
export function split(x: Tensor, parts: number | readonly number[], axis = -1): Tensor[] {
  const at = normalizeAxis(axis, x.rank, "split");
  const extent = x.shape[at] as number;
  if (typeof parts === "number" && extent % parts !== 0)
    throw new ShapeError(
      `split: axis ${at} of ${formatShape(x.shape)} has ${extent} entries, which do not divide into ${parts} equal parts`,
    );
  const sizes = typeof parts === "number" ? new Array<number>(parts).fill(extent / parts) : parts;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== extent)
    throw new ShapeError(
      `split: parts of ${sizes.join(", ")} add up to ${total}, but axis ${at} of ${formatShape(x.shape)} has ${extent} entries`,
    );
  let start = 0;
  return sizes.map((size) => sliceAlong(x, at, start, (start += size)));
}
