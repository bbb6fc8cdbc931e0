import { activate, Activation, relu } from "../matmul/activation";
import { loadLanes, partBegin, storeLanes } from "../simd";

/**
 * In place on a product's result of rows x columns: adds the bias to each row and the residual, then the activation.
 * Absent: 0. The usual combinations have loops of their own, without a question in them.
 */
export function finishProduct(c: usize, bias: usize, residual: usize, activation: i32, rows: i32, columns: i32, thread: i32, threads: i32): void {
  // As a product of the system's BLAS is cut by rows, so that each thread can finish its own rows without waiting.
  const grain = rows >= 32 * threads ? 16 : 1;
  const end = partBegin(rows, grain, thread + 1, threads);
  const bytes = <usize>columns << 2;
  const whole = bytes & ~15;
  for (let row = partBegin(rows, grain, thread, threads); row < end; row++) {
    const to = c + <usize>row * bytes;
    const from = residual ? residual + <usize>row * bytes : 0;
    if (activation > Activation.relu) finishAny(to, bias, from, activation, whole);
    else {
      if (bias) {
        if (residual) for (let at: usize = 0; at < whole; at += 16) v128.store(to + at, f32x4.add(f32x4.add(v128.load(to + at), v128.load(bias + at)), v128.load(from + at)));
        else if (activation) for (let at: usize = 0; at < whole; at += 16) v128.store(to + at, relu(f32x4.add(v128.load(to + at), v128.load(bias + at))));
        else for (let at: usize = 0; at < whole; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(bias + at)));
      } else if (residual) for (let at: usize = 0; at < whole; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
      if (activation && !(bias && !residual)) for (let at: usize = 0; at < whole; at += 16) v128.store(to + at, relu(v128.load(to + at)));
    }
    const left = columns & 3;
    if (left > 0) {
      let v = loadLanes(to + whole, left);
      if (bias) v = f32x4.add(v, loadLanes(bias + whole, left));
      if (residual) v = f32x4.add(v, loadLanes(from + whole, left));
      storeLanes(to + whole, activation ? activate(v, activation) : v, left);
    }
  }
}

function finishAny(to: usize, bias: usize, from: usize, activation: i32, whole: usize): void {
  for (let at: usize = 0; at < whole; at += 16) {
    let v = v128.load(to + at);
    if (bias) v = f32x4.add(v, v128.load(bias + at));
    if (from) v = f32x4.add(v, v128.load(from + at));
    v128.store(to + at, activate(v, activation));
  }
}
