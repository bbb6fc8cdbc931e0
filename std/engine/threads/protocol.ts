import type { flag } from "../native/product-record.js";

/**
 * The control words that the threads share, in a block of engine memory: indices of 32-bit words. Those that
 * are spun on or written by several lie on cache lines of their own, so that a spinning thread does not slow down a writer.
 */
export const word = {
  /** Counts commands, odd while one is being written; workers sleep on it. */
  command: 0,
  /** Workers asleep on `command`. */
  idle: 16,
  /** Threads that have arrived at the current barrier. */
  arrived: 32,
  /** Counts barriers passed; threads spin, then sleep, on it. */
  phase: 48,
  /** Threads asleep at the barrier. */
  sleepers: 64,
  /** 1: somebody wants the current run to stop. */
  abort: 80,
  /** The decision at the last barrier: 1 = stop. Written by the last to arrive, so that all threads agree. */
  stopped: 96,
  /** 1: a thread failed in the current run. */
  failed: 112,
  /** Workers that are up and listening. */
  alive: 128,
  /** Workers that have taken up the current command. */
  ready: 144,
  /** Workers that have finished the current command. */
  done: 160,
  /** Counts answers to host calls of a worker. */
  answered: 176,
  /** The current command: the plan's number, its workspace, the thread number of worker 0 (1 when the caller is thread 0), the parts. */
  plan: 192,
  base: 193,
  firstThread: 194,
  parts: 195,
} as const;

export const controlBytes = 1024;

/** A matrix product with its addresses: absolute, or relative to the workspace where the flag says so. */
export interface Product {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly relativeA: boolean;
  readonly relativeB: boolean;
  readonly relativeC: boolean;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly beta: number;
  readonly batch: number;
  readonly strideA: number;
  readonly strideB: number;
  readonly strideC: number;
  /** The batch so many times over, and the distances between its first matrices: heads of examples. */
  readonly outer: { readonly count: number; readonly strideA: number; readonly strideB: number; readonly strideC: number } | null;
  /** What the parts of a parallel product are: ranges of rows, of columns, or of the batch. */
  readonly split: "m" | "n" | "batch";
  /** Whether a BLAS makes it, not machine code. */
  readonly blas: boolean;
  /** What machine code does with the result before it stores it, in this order; no BLAS does. */
  readonly bias: Operand | null;
  readonly residual: Operand | null;
  readonly relu: boolean;
  /** Only for machine code: A is the windows of images. */
  readonly windows: Windows | null;
  /** Where the sums of windows go that parts but the first make, one behind the other. */
  readonly others: Operand | null;
}

/** A place: absolute, or relative to the workspace. */
export interface Operand {
  readonly address: number;
  readonly relative: boolean;
}

/**
 * A convolution as products of windows that are read where they lie. One product makes a row of an image's results: m x n of windows `k` wide (the
 * kernel's width x channels) and `taps` high, `lda` numbers from one to the next. With `sums` it is the gradient of the weights: one product for each of
 * the taps, k windows deep, and all rows of all images add up. Distances are in numbers.
 */
export interface Windows {
  readonly sums: boolean;
  readonly images: number;
  /** Rows of results of an image. */
  readonly rows: number;
  readonly taps: number;
  /** From a row of a window to the next, from the windows of a row of results to those of the next, and from image to image. */
  readonly tapStride: number;
  readonly rowStride: number;
  readonly imageStride: number;
}

/** A call of a routine of machine code, with what it is told: addresses are absolute, or relative to the workspace where they are listed. */
export interface NativeCall {
  /** Where the code is. */
  readonly code: number;
  readonly numbers: readonly number[];
  readonly relative: readonly number[];
  /** What there is to do, dealt out to the threads by so many. */
  readonly count: number;
  readonly grain: number;
}

/** How to reach what multiplies large matrices on any thread: the engine's own machine code, a BLAS, or both. */
export interface Multipliers {
  readonly native: NativeAccess | null;
  readonly blas: BlasAccess | null;
}

/** The engine's own machine code. */
export interface NativeAccess {
  /** Absolute path of the koffi module. */
  readonly koffi: string;
  /** Where the code is. */
  readonly code: number;
  /** Rows and columns of a tile at most. */
  readonly rows: number;
  readonly columns: number;
  /** Depth and columns of a product at most. */
  readonly depth: number;
  readonly width: number;
  readonly scratchBytes: number;
  /** Numbers of a record, and the bits of its flags. */
  readonly recordNumbers: number;
  readonly flags: typeof flag;
}

/** The system's BLAS. */
export interface BlasAccess {
  /** Absolute path of the koffi module. */
  readonly koffi: string;
  /** Name or path of the library. */
  readonly library: string;
  /** What the library multiplies without packing the matrices first, which is faster; null: nothing is known. */
  readonly unpacked: {
    /** Multiply-adds. */
    readonly product: number;
    /** Numbers of the result, where only B is transposed. */
    readonly transposedResult: number;
  } | null;
}

export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly kernels: WebAssembly.Module;
  readonly worker: number;
  readonly words: typeof word;
  readonly multipliers: Multipliers;
}

/** A plan, as a thread needs it: its module, and the matrix products and other calls that are not WebAssembly. */
export interface ThreadPlan {
  readonly plan: number;
  readonly module: WebAssembly.Module;
  readonly products: readonly Product[];
  readonly natives: readonly NativeCall[];
}

export type MessageToWorker = ({ readonly kind: "plan" } & ThreadPlan) | { readonly kind: "forget"; readonly plan: number };

export type MessageFromWorker =
  | { readonly kind: "done"; readonly status: number }
  | { readonly kind: "host"; readonly plan: number; readonly call: number; readonly base: number }
  | { readonly kind: "failed"; readonly message: string };

/**
 * `run` of a plan's module: does the parts `first` to `last` - 1 in the workspace at `base`. `control` is the address of the
 * control words when other threads do the other parts (they meet at barriers), else 0.
 * @returns 0, 1 when stopped, `numberStatus` + i when result i was checked and is not finite.
 */
export type RunProgram = (first: number, last: number, base: number, control: number) => number;
export const numberStatus = 16;
