import { expect, test } from "vitest";
import { scratchBytes } from "../../../std/engine/lowering/scratch.js";
import { bench } from "./kernels.js";

test("the lowerings ask for as much scratch memory as the kernels use", () => {
  const { kernels } = bench("simd", 16);
  expect(scratchBytes.matmul).toBe(kernels["matmulScratchBytes"]!());
  expect(scratchBytes.convolution).toBe(kernels["convolutionScratchBytes"]!());
  expect(scratchBytes.weightGradient).toBe(kernels["weightGradientScratchBytes"]!());
  expect(scratchBytes.scatteredGradient(100, 150)).toBe(kernels["scatteredGradientScratchBytes"]!(100, 150));
  for (const [batch, width] of [[1, 1], [32, 128], [5, 33]] as const) {
    expect(scratchBytes.lstm(batch, width)).toBe(kernels["lstmScratchBytes"]!(batch, width));
    expect(scratchBytes.gru(batch, width)).toBe(kernels["gruScratchBytes"]!(batch, width));
    expect(scratchBytes.rnn(width)).toBe(kernels["rnnScratchBytes"]!(width));
    expect(scratchBytes.winograd(width)).toBe(kernels["winogradScratchBytes"]!(width));
    expect(scratchBytes.lrn(width, 5)).toBe(kernels["lrnScratchBytes"]!(width, 5));
  }
});
