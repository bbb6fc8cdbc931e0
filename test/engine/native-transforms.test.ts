import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { nativeProducts } from "../../std/engine/native/load.js";
import { grainOf, type TransformRoutine } from "../../std/engine/native/transforms.js";
import { createNativeCalls } from "../../std/engine/threads/native-calls.js";
import { bench, noise, type Bench } from "./kernels/kernels.js";

const chosen = (["auto", "avx2"] as const)
  .map((choice) => ({ choice, native: nativeProducts(choice) }))
  .filter(({ native }) => native !== null) as { choice: string; native: NonNullable<ReturnType<typeof nativeProducts>> }[];

const tiles = [
  { side: 6, kernel: 3 },
  { side: 4, kernel: 3 },
  { side: 6, kernel: 5 },
] as const;

/** Calls a routine as the engine does, all parts one after the other, the last first. */
function caller(native: NonNullable<ReturnType<typeof nativeProducts>>, machine: Bench) {
  const memory = { buffer: machine.bytes(0).buffer } as unknown as WebAssembly.Memory;
  const call = createNativeCalls(createRequire(import.meta.url), native.access, memory);
  return (routine: TransformRoutine, args: readonly (number | Float32Array)[], count: number, threads: number): void => {
    // The first argument is given relative to a workspace.
    const base = 64;
    const numbers = args.map(
      (argument, index) => (typeof argument === "number" ? argument : argument.byteOffset) - (index === 0 ? base : 0),
    );
    for (let part = threads - 1; part >= 0; part--)
      call({ code: native.routine(routine), numbers, relative: [0], count, grain: grainOf(routine) }, base, part, threads);
  };
}

/** With the guards on both sides: numbers that are none. */
const guarded = ({ buffer, byteOffset, length }: Float32Array): Float32Array => new Float32Array(buffer, byteOffset - 64, length + 32);

/** The largest difference; infinite where one is not a number and the other is: what is written, and what is left as it was. */
function difference(expected: Float32Array, given: Float32Array): number {
  const [left, right] = [guarded(expected), guarded(given)];
  let worst = 0;
  for (let at = 0; at < left.length; at++) {
    const [a, b] = [left[at] as number, right[at] as number];
    if (Number.isNaN(a) && Number.isNaN(b)) continue;
    worst = Math.max(worst, Number.isNaN(a - b) ? Infinity : Math.abs(a - b));
  }
  return worst;
}

/** Sums of some products of numbers up to 1, with weights up to 400. */
const bound = 5e-5;

const planes = (side: number, plane: number): number => side * side * plane;

describe.skipIf(chosen.length === 0).each(chosen)("Winograd's transforms in machine code ($choice)", ({ native }) => {
  describe.each(tiles)("tiles of $side for kernels of $kernel", ({ side, kernel }) => {
    const result = side + 1 - kernel;

    test.each([4, 12, 16, 20, 32, 36])("%i channels of images", (channels) => {
      for (const [batch, height, width, pad, extra] of [
        [2, 9, 13, 1, 0],
        [1, 8, 8, 2, 5],
        [3, 2, 3, 1, 0],
        [1, 14, 6, 0, 0],
      ] as const) {
        const [down, across] = [Math.ceil((height + 2 * pad) / result), Math.ceil((width + 2 * pad) / result)];
        const count = batch * down * across;
        const plane = count * channels + 16 + extra;
        for (const threads of [1, 3]) {
          const machine = bench("simd", 64);
          const scratch = machine.bytes(machine.ask("winogradScratchBytes", channels) * threads);
          const image = machine.floats(noise(batch * height * width * channels, 1));
          const [expected, given] = [machine.floats(planes(side, plane)), machine.floats(planes(side, plane))];
          const run = caller(native, machine);
          machine.call(
            "winogradImage",
            [image, expected, plane, batch, height, width, channels, down, across, result, pad, pad, side, scratch], threads,
          ); // prettier-ignore
          run(
            { kind: "winogradImage", side, kernel },
            [image, given, plane * 4, height, width, channels * 4, down, across, result, pad, pad], count, threads,
          ); // prettier-ignore
          expect(difference(expected, given), `${height}x${width}`).toBeLessThan(bound);
          expected.fill(NaN);
          given.fill(NaN);
          const window = [Math.ceil(height / result), Math.ceil(width / result)] as const;
          machine.call(
            "winogradGradient",
            [image, expected, plane, batch, height, width, channels, ...window, result, side, scratch], threads,
          ); // prettier-ignore
          run(
            { kind: "winogradGradient", side, kernel },
            [image, given, plane * 4, height, width, channels * 4, ...window, result, 0, 0], batch * window[0] * window[1], threads,
          ); // prettier-ignore
          expect(difference(expected, given), `gradient, ${height}x${width}`).toBeLessThan(bound);
        }
      }
    });

    test.each([4, 12, 16, 20, 32, 36])("%i channels of results", (channels) => {
      for (const [batch, height, width] of [
        [2, 9, 13],
        [1, 8, 8],
        [3, 2, 3],
        [1, 5, 1],
      ] as const) {
        const [down, across] = [Math.ceil(height / result), Math.ceil(width / result)];
        const plane = batch * down * across * channels + 16;
        for (const [activation, biased, added, threads] of [
          [0, false, false, 1],
          [1, true, false, 2],
          [0, true, true, 3],
          [1, false, true, 1],
        ] as const) {
          const machine = bench("simd", 64);
          const scratch = machine.bytes(machine.ask("winogradScratchBytes", channels) * threads);
          const from = machine.floats(noise(planes(side, plane), 2));
          const bias = biased ? machine.floats(noise(channels, 3)) : 0;
          const residual = added ? machine.floats(noise(batch * height * width * channels, 4)) : 0;
          const [expected, given] = [0, 1].map(() => machine.floats(batch * height * width * channels)) as [Float32Array, Float32Array];
          machine.call(
            "winogradResult",
            [from, plane, expected, bias, residual, activation, batch, height, width, channels, down, across, result, side, scratch], threads,
          ); // prettier-ignore
          caller(native, machine)(
            { kind: "winogradResult", side, kernel },
            [from, plane * 4, given, bias, residual, activation, height, width, channels * 4, down, across], batch * down * across, threads,
          ); // prettier-ignore
          expect(difference(expected, given), `${height}x${width}`).toBeLessThan(bound);
        }
      }
    });

    test.each([
      [16, 16],
      [48, 112],
    ])("kernels: %i of %i elements", (elements, lead) => {
      const plane = elements + 16;
      const taps = kernel * kernel;
      for (const threads of [1, 3]) {
        for (const turned of [0, 1]) {
          const machine = bench("simd", 64);
          const scratch = machine.bytes(4096 * threads);
          const weights = machine.floats(noise(taps * lead, 5));
          const [expected, given] = [machine.floats(planes(side, plane)), machine.floats(planes(side, plane))];
          machine.call("winogradKernel", [weights, expected, plane, kernel, elements, lead, turned, side, scratch], threads);
          const step = (turned === 1 ? -4 : 4) * lead;
          const corner = weights.byteOffset + (turned === 1 ? (taps - 1) * lead * 4 : 0);
          caller(native, machine)(
            { kind: "winogradKernel", side, kernel },
            [corner, given, plane * 4, kernel * step, step],
            elements,
            threads,
          );
          expect(difference(expected, given)).toBeLessThan(bound);
        }
        for (const parts of [1, 2, 3]) {
          const machine = bench("simd", 64);
          const scratch = machine.bytes(4096 * threads);
          const part = planes(side, plane);
          const products = machine.floats(noise(parts * part, 6));
          const [expected, given] = [machine.floats(taps * lead), machine.floats(taps * lead)];
          machine.call(
            "winogradKernelGradient",
            [products, plane, parts, part * 4, expected, kernel, elements, lead, side, scratch],
            threads,
          );
          caller(native, machine)(
            { kind: "winogradKernelGradient", side, kernel },
            [products, plane * 4, parts, part * 4, given, lead * 4], elements, threads,
          ); // prettier-ignore
          expect(difference(expected, given)).toBeLessThan(bound * parts);
        }
      }
    });
  });
});
