import type { Side } from "./transform-network.js";

/**
 * What a routine is told, all of it numbers of 32 bits: which of the tiles, or of the kernels' elements, are to be done, the first and
 * the one after the last; then these. Distances are in bytes; an address (with a star) is a distance from the start of engine memory,
 * and 0 where there is none.
 */
export const transformFields = {
  winogradImage: [
    "image*", "planes*", "plane", "height", "width", "pixel", "tilesHeight", "tilesWidth", "step", "padHeight", "padWidth",
  ],
  winogradGradient: [
    "image*", "planes*", "plane", "height", "width", "pixel", "tilesHeight", "tilesWidth", "step", "padHeight", "padWidth",
  ],
  winogradResult: [
    "planes*", "plane", "image*", "bias*", "residual*", "relu", "height", "width", "pixel", "tilesHeight", "tilesWidth",
  ],
  winogradKernel: ["weights*", "planes*", "plane", "rowStep", "columnStep"],
  winogradKernelGradient: ["planes*", "plane", "parts", "part", "weights*", "matrix"],
} as const; // prettier-ignore

export type TransformKind = keyof typeof transformFields;

/** A transform of Winograd's algorithm with tiles of `side` x `side` for kernels of `kernel` x `kernel`. */
export interface TransformRoutine {
  readonly kind: TransformKind;
  readonly side: Side;
  readonly kernel: 3 | 5;
}

/** Elements of kernels are dealt out by so many, tiles one by one. */
export const grainOf = ({ kind }: TransformRoutine): number => (kind === "winogradKernel" || kind === "winogradKernelGradient" ? 16 : 1);
