import { expect, test } from "vitest";
import { scratchBytes } from "../../../std/engine/lowering/scratch.js";
import { bench } from "./kernels.js";

test("the lowerings ask for as much scratch memory as the kernels use", () => {
  const { ask } = bench("simd", 16);
  expect(scratchBytes.matmul).toBe(ask("matmulScratchBytes"));
  expect(scratchBytes.convolution).toBe(ask("convolutionScratchBytes"));
  expect(scratchBytes.weightGradient).toBe(ask("weightGradientScratchBytes"));
  expect(scratchBytes.scatteredGradient(100, 150)).toBe(ask("scatteredGradientScratchBytes", 100, 150));
  expect(scratchBytes.planeGradient(32, 30, 3, 25)).toBe(ask("planeGradientScratchBytes", 32, 30, 3, 25));
  expect(scratchBytes.maxPool(28, 6)).toBe(ask("maxPoolScratchBytes", 28, 6));
  for (const [height, pooled] of [
    [14, 0],
    [14, 1],
    [1, 1],
  ] as const) {
    const lanes = ask("laneConvolutionScratchBytes", 10, 11, 3, height, 15, 7, 5, 4, 3, pooled);
    expect(scratchBytes.laneConvolution([10, 11], 3, [height, 15], 7, [5, 4], 3, pooled === 1)).toBe(lanes);
  }
  for (const [batch, channels, filters, kernel, places] of [
    [64, 1, 6, 5, 196],
    [3, 6, 16, 5, 25],
    [100, 3, 9, 7, 9],
  ] as const) {
    const asked = ask("pooledGradientScratchBytes", batch, 32, 30, channels, filters, kernel, kernel, places);
    expect(scratchBytes.pooledWeightSums(channels, filters, [kernel, kernel])).toBe(
      ask("pooledWeightSumsBytes", channels, filters, kernel, kernel),
    );
    expect(scratchBytes.pooledGradient(batch, [32, 30], channels, filters, [kernel, kernel], places)).toBe(asked);
  }
  for (const [batch, width] of [
    [1, 1],
    [32, 128],
    [5, 33],
  ] as const) {
    expect(scratchBytes.lstm(batch, width)).toBe(ask("lstmScratchBytes", batch, width));
    expect(scratchBytes.gru(batch, width)).toBe(ask("gruScratchBytes", batch, width));
    expect(scratchBytes.rnn(batch, width)).toBe(ask("rnnScratchBytes", batch, width));
    expect(scratchBytes.winogradConvolution(24, width, 20, 6)).toBe(ask("winogradConvolutionScratchBytes", 24, width, 20, 6));
    expect(scratchBytes.winogradColumns(batch, width, 24, 6)).toBe(ask("winogradColumnsScratchBytes", batch, width, 24, 6));
    expect(scratchBytes.winogradWeightProducts(batch, [width, 40], [20, 16], 6)).toBe(
      ask("winogradWeightProductsScratchBytes", batch, width, 40, 20, 16, 6),
    );
    expect(scratchBytes.winogradChunkGradient([width, 20], 4)).toBe(ask("winogradChunkGradientScratchBytes", width, 20, 4));
    expect(scratchBytes.winograd(width)).toBe(ask("winogradScratchBytes", width));
    expect(scratchBytes.stridedImage(width)).toBe(ask("stridedImageScratchBytes", width));
    expect(scratchBytes.stridedConvolution(batch, width, 24)).toBe(ask("stridedConvolutionScratchBytes", batch, width, 24));
    expect(scratchBytes.stridedWeightGradient(width, 24, batch)).toBe(ask("stridedWeightGradientScratchBytes", width, 24, batch));
    expect(scratchBytes.lrn(width, 5)).toBe(ask("lrnScratchBytes", width, 5));
    expect(scratchBytes.batchNorm(width)).toBe(ask("batchNormScratchBytes", width));
    expect(scratchBytes.layerNorm(width)).toBe(ask("layerNormScratchBytes", width));
    expect(scratchBytes.attention(batch, width, 9)).toBe(ask("attentionScratchBytes", batch, width, 9));
    expect(scratchBytes.attentionGradient(7, batch, width, 9)).toBe(ask("attentionGradientScratchBytes", 7, batch, width, 9));
    expect(scratchBytes.attentionGradient(900, batch * 17, width, 9)).toBe(ask("attentionGradientScratchBytes", 900, batch * 17, width, 9));
  }
});
