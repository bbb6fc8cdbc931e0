import { describe, expect, test } from "vitest";
import { at, bench, builds, error, noise, supported } from "./kernels.js";

const activations = [(x: number) => x, (x: number) => Math.max(0, x), Math.tanh, (x: number) => 1 / (1 + Math.exp(-x))];

/** A product in double precision. */
function reference(a: Float32Array, b: Float32Array, m: number, n: number, k: number, flags: number): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += at(a, flags & 2 ? p * m + i : i * k + p) * at(b, flags & 4 ? j * k + p : p * n + j);
      }
      c[i * n + j] = sum;
    }
  }
  return c;
}

describe.each(builds.filter(supported))("matmul, %s", (build) => {
  const shapes = [
    [1, 1, 1],
    [3, 5, 2],
    [4, 8, 16],
    [5, 9, 3],
    [32, 16, 2],
    [7, 3, 400],
    [17, 70, 33],
    [1, 130, 70],
    [40, 40, 16],
    [64, 10, 128],
    [130, 37, 650],
    [20, 1100, 90],
  ] as const;
  for (const [m, n, k] of shapes) {
    test.each([0, 2, 4, 6])(`${m}x${k} by ${k}x${n}, flags %i`, (flags) => {
      const { floats, call, ask } = bench(build);
      const a = floats(noise(m * k, 1));
      const b = floats(noise(k * n, 2));
      const expected = reference(a, b, m, n, k, flags);
      for (const threads of [1, 2, 3]) {
        const c = floats(m * n);
        const guard = floats(16); // lies right after c and its padding
        const scratch = floats((ask("matmulScratchBytes") / 4) * threads);
        call("matmul", [a, b, c, m, n, k, flags & 2 ? m : k, flags & 4 ? k : n, n, flags, 0, 0, 0, 1, 0, 0, 0, scratch], threads);
        expect(error(c, expected)).toBeLessThan(2e-7 * (k + 2));
        expect(guard.every(Number.isNaN)).toBe(true);
      }
    });
  }

  test.each([0, 1, 2, 3])("bias, residual and activation %i, in a batch with strides and longer rows", (activation) => {
    const { floats, call, ask } = bench(build);
    const [m, n, k, batch, ldc] = [6, 13, 350, 3, 15];
    const a = floats(noise(batch * m * k, 1));
    const b = floats(noise(k * n, 2));
    const bias = floats(noise(n, 3));
    const residual = floats(noise(batch * m * ldc, 4));
    const c = floats(batch * m * ldc);
    const scratch = floats(ask("matmulScratchBytes") / 2);
    call("matmul", [a, b, c, m, n, k, k, n, ldc, 0, activation, bias, residual, batch, m * k, 0, m * ldc, scratch], 2);
    for (let index = 0; index < batch; index++) {
      const plain = reference(a.subarray(index * m * k, (index + 1) * m * k), b, m, n, k, 0);
      for (let i = 0; i < m; i++) {
        const start = index * m * ldc + i * ldc;
        const expected = Array.from({ length: n }, (_, j) =>
          at(activations, activation)(at(plain, i * n + j) + at(bias, j) + at(residual, start + j)),
        );
        expect(error(c.subarray(start, start + n), expected)).toBeLessThan(5e-5);
        expect(c[start + n]).toBeNaN(); // the gap between rows is not touched
      }
    }
  });

  test("accumulate adds to what is there", () => {
    const { floats, call, ask } = bench(build);
    const [m, n, k] = [9, 21, 700];
    const a = floats(noise(m * k, 1));
    const b = floats(noise(k * n, 2));
    const c = floats(noise(m * n, 5));
    const expected = reference(a, b, m, n, k, 0).map((value, index) => value + at(c, index));
    call("matmul", [a, b, c, m, n, k, k, n, n, 1, 0, 0, 0, 1, 0, 0, 0, floats(ask("matmulScratchBytes") / 4)]);
    expect(error(c, expected)).toBeLessThan(1e-4);
  });
});
