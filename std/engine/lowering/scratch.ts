/**
 * Bytes of scratch per thread that the blocked kernels ask for (`matmulScratchBytes` and the like in the assembly; a test
 * holds the numbers equal).
 */
export const scratchBytes = {
  matmul: 4 * (65536 + 16 * 320 + 64),
  convolution: 4 * (65536 + 2 * 4096 + 64) + 64,
  weightGradient: 4 * (65536 + 2 * 320 + 64) + 64,
} as const;

/** Most kernel positions (depth x height x width) the convolution kernels take. */
export const maximumTaps = 4096;
