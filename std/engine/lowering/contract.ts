import type { Node } from "../../tensor/graph.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Routine } from "../native/routines.js";
import type { Product, Windows } from "../threads/protocol.js";

/**
 * How a node of a graph becomes kernel calls: the meeting point of the planner (`std/engine/plan`), the kernels
 * (`std/engine/assembly`) and the lowerings (`std/engine/lowering`).
 *
 * The kernels. AssemblyScript in `std/engine/assembly/`, built by `node std/engine/assembly/build.mjs` into
 * `dist/kernels/lamella.simd.wasm` and `dist/kernels/lamella.relaxed.wasm`: two builds of one source, no runtime and no
 * garbage collector (raw `load`/`store`), importing one shared memory as `env.memory` (1 to 65,536 pages). Nothing else is
 * imported. Static data must lie under address 0x80000; the engine uses everything from there on.
 *
 * A kernel is an exported function without a result: `(…, thread: i32, threads: i32)`. The arguments before the last two
 * are i32 (addresses in bytes, extents, strides, flags) or f32 (scalars); the planner reads the types from the module. A
 * kernel does the part of its work that belongs to `thread` of `threads`; the parts are cut by a fixed rule, so that results
 * depend only on `threads`. It must not wait for another thread: one thread may be asked to do all parts one after the
 * other. Between two calls of a plan that touch the same bytes there is a barrier; two steps that need one are two kernels.
 *
 * Buffers are aligned to 64 bytes and padded to a multiple of 64, so that a last SIMD read may run over their end (the
 * padding holds anything). Writing past the end of a buffer's own 64-byte padding is not allowed. Nothing is zeroed.
 * Storage: f32 and i32 are 4 bytes, u8 and bool 1 byte (bool is 0 or 1). f64 is never lowered: it runs in the portable executor.
 */
export interface LoweringContext {
  /** How many parts every kernel is cut into. */
  readonly threads: number;
  /** True when `gemm` may be used: machine code of the engine or a BLAS has wider vectors than WebAssembly. Large products should go there. */
  readonly wide: boolean;
  /** True when `gemm` may be machine code of the engine's own, and `native` may be used. */
  readonly machineCode: boolean;
  /** True when `gemm` may be a BLAS. */
  readonly blas: boolean;
  /** Where a tensor's numbers are: an input or an output of the node (for a fusion: of the whole group). */
  buffer(tensor: Tensor): Address;
  /**
   * Memory for this node's calls only. One block for all threads: ask for `bytes * context.threads` and let the kernel
   * offset by `thread` where each needs its own. Not zeroed.
   */
  scratch(bytes: number): Address;
  /** Appends a kernel call. `args` are all but the last two arguments of the export, in order. */
  emit(kernel: string, args: readonly (number | Address)[], options?: CallOptions): void;
  /** Appends matrix products by machine code or a BLAS, cut over the threads by the planner. Only when `wide` is true. */
  gemm(product: Gemm): void;
  /** Appends a call of machine code; `args` are the fields of its record. Only when `machineCode` is true. */
  native(routine: Routine, args: readonly (number | Address)[], options: NativeOptions): void;
  /** The value of a tensor that is known when planning (a constant leaf), else null. */
  constant(tensor: Tensor): Tensor | null;
}

export interface CallOptions {
  /**
   * Roughly how many elementary steps the call takes on one thread: multiply-adds for products, elements touched for the
   * rest (several for an exponential). Calls of little work run on one thread, without a barrier. Default: large.
   */
  readonly work?: number;
  /** This thread does everything, in one part: the kernel is called with thread 0 of 1. Default: all threads have their part. */
  readonly owner?: number;
  /** No barrier is needed between this call and the one before it of the same node: they touch different bytes. */
  readonly independent?: boolean;
}

export interface NativeOptions extends CallOptions {
  /** Tiles, elements of kernels, or sequences that there are. */
  readonly count: number;
}

/** `C = op(A) * op(B) + beta * C`, row-major, `batch` times with the given strides (in elements) between the matrices. */
export interface Gemm {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Address;
  readonly b: Address;
  readonly c: Address;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Row lengths in elements; default: dense. */
  readonly lda?: number;
  readonly ldb?: number;
  readonly ldc?: number;
  readonly beta?: number;
  readonly batch?: number;
  readonly strideA?: number;
  readonly strideB?: number;
  readonly strideC?: number;
  /** To be made by the BLAS; where there is no machine code it is in any case. */
  readonly blas?: boolean;
  /** The batch so many times over: only where `machineCode` is true. All threads have their share of the matrices. */
  readonly outer?: Product["outer"];
  /** What machine code adds before it stores the result, and whether numbers below 0 become 0: only where `machineCode` is true. */
  readonly bias?: Address | null;
  readonly residual?: Address | null;
  readonly relu?: boolean;
  /** A is windows of images; and where the sums of windows go that parts but the first make: only where `machineCode` is true. */
  readonly windows?: Windows;
  readonly others?: Address;
  readonly owner?: number;
  readonly independent?: boolean;
}

/** A place in engine memory that gets its number when the plan's memory is laid out. */
export interface Address {
  /** The same buffer, `bytes` further on. */
  plus(bytes: number): Address;
}

/** Turns one node into calls. */
export type Lowering = (node: Node, context: LoweringContext) => void;

export interface LoweringRule {
  readonly lower: Lowering;
  /** False when this node must run in the portable executor (a dtype or rank the kernel does not know). Default: f64 is refused, all else taken. */
  supports?(node: Node): boolean;
  /** Inputs whose buffer output 0 may take over when nobody else reads it: the kernel reads each element before it writes that place. */
  readonly inPlace?: readonly number[];
}

/** Who uses what, for fusions. */
export interface GraphView {
  /** The nodes that read a tensor, each once. */
  consumers(tensor: Tensor): readonly Node[];
  /** Whether something outside the graph's nodes needs the tensor (an output, a variable's new value): it cannot vanish inside a fusion. */
  needed(tensor: Tensor): boolean;
  /** What an earlier fusion keeps of a tensor that vanished in it (`FusionMatch.notes`). */
  note(tensor: Tensor): Tensor | null;
}

/**
 * Several nodes done by one kernel: a product with its bias and activation, a normalisation written with plain operations.
 * Offered every node of `operation`, in graph order; nodes taken by an earlier fusion are not offered again.
 */
export interface Fusion {
  readonly name: string;
  readonly operation: string;
  match(node: Node, graph: GraphView): FusionMatch | null;
}

export interface FusionMatch {
  /** All nodes that vanish into this one, the offered node among them. Results that are not in `outputs` must have no reader outside. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Outputs that tell others what they need of results that vanish here. */
  readonly notes?: ReadonlyMap<Tensor, Tensor>;
  /** Nodes outside that read such results, and that fusions tried later read past: nobody else may need what these nodes make. */
  readonly bypassed?: readonly Node[];
  lower(context: LoweringContext): void;
}

/*
 * `std/engine/lowering/index.ts` exports
 *   lowerings: ReadonlyMap<string, LoweringRule>   by operation name
 *   fusions: readonly Fusion[]                     in the order in which they are tried
 *
 * The planner itself does: reshapes and other pure views (no call at all), every element-wise operation, comparisons, `where`,
 * casts and broadcasts (fused chains, compiled to WebAssembly when planning; no lowering is needed for them), copies into
 * variables, and whatever has no lowering (portable `evaluate`, on one thread).
 */
