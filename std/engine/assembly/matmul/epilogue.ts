import { loadLanes, partBegin, storeLanes } from "../simd";
import { activate, Activation, relu } from "./activation";

// @ts-ignore: decorator
@inline
function finish(v: v128, activation: i32): v128 {
  if (activation == Activation.none) return v;
  return activation == Activation.relu ? relu(v) : activate(v, activation);
}

/** In place on a product's result of rows x columns: adds the bias to each row and the residual, then the activation. Absent: 0. */
export function epilogue(c: usize, bias: usize, residual: usize, activation: i32, rows: i32, columns: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>columns << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    let to = c + <usize>row * bytes;
    let from = residual ? residual + <usize>row * bytes : 0;
    let column = bias;
    let left = columns;
    while (left >= 4) {
      let v = v128.load(to);
      if (bias) v = f32x4.add(v, v128.load(column));
      if (residual) v = f32x4.add(v, v128.load(from));
      v128.store(to, finish(v, activation));
      to += 16;
      from += 16;
      column += 16;
      left -= 4;
    }
    if (left > 0) {
      let v = loadLanes(to, left);
      if (bias) v = f32x4.add(v, loadLanes(column, left));
      if (residual) v = f32x4.add(v, loadLanes(from, left));
      storeLanes(to, finish(v, activation), left);
    }
  }
}
