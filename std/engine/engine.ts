import process from "node:process";
import { LamellaError } from "../errors.js";
import type { Graph } from "../tensor/graph.js";
import { bytesPerElement, formatShape, sizeOf } from "../tensor/shape.js";
import { portableExecutor } from "../tensor/portable.js";
import type { Tensor } from "../tensor/tensor.js";
import { findBlas, type FoundBlas } from "./blas/find.js";
import { PlanExecutable } from "./executable.js";
import type { Executable, Executor, PrepareOptions } from "./executor.js";
import { loadKernels, simdSupport, type Kernels } from "./kernels.js";
import { fusions, lowerings } from "./lowering/index.js";
import { EngineMemory } from "./memory/memory.js";
import { nativeProducts, type NativeProducts } from "./native/load.js";
import type { Routine } from "./native/routines.js";
import { NoRoom, plan, type Plan } from "./plan/planner.js";
import { resolveSettings, type EngineSettings, type ResolvedSettings } from "./settings.js";
import { createNativeCalls } from "./threads/native-calls.js";
import { createNativeProducts } from "./threads/native-products.js";
import { createProducts } from "./threads/products.js";
import { WorkerPool } from "./threads/pool.js";
import type { NativeCall, Product, Multipliers } from "./threads/protocol.js";
import { createRequire } from "node:module";

/** What the engine found, for `lamella doctor` and run records. */
export interface EngineInfo {
  readonly threads: number;
  readonly simd: "relaxed" | "plain" | "none";
  /** The vectors that machine code of the engine's own multiplies large matrices with; null where a BLAS or WebAssembly does. */
  readonly native: string | null;
  /** The system's BLAS, where products go to it. */
  readonly blas: { readonly name: string; readonly path?: string } | null;
  /** "WebAssembly relaxed SIMD, 2 threads, OpenBLAS" */
  readonly description: string;
  /** What is missing here, and what it would bring; empty when nothing is. */
  readonly losses: readonly string[];
}

export type MultiplyProduct = (product: Product, base: number, part: number, parts: number) => void;

function multiplier({ native, blas }: Multipliers, memory: WebAssembly.Memory): MultiplyProduct {
  const require = createRequire(import.meta.url);
  const byMachineCode = native === null ? null : createNativeProducts(require, native, memory);
  const byBlas = blas === null ? null : createProducts(require, blas, memory);
  return (product, ...where) => (product.blas ? byBlas : byMachineCode)?.(product, ...where);
}

/** The engine's own machine code, and a BLAS where one was asked for or there is no machine code. */
function chooseMultipliers(settings: ResolvedSettings): { native: NativeProducts | null; blas: FoundBlas | null } {
  const native = nativeProducts(settings.native);
  const wanted = native === null || (settings.blas !== "auto" && settings.blas !== "");
  return { native, blas: wanted ? findBlas(settings.blas) : null };
}

/** Runs graphs as planned WebAssembly on one shared memory. */
export class Engine implements Executor {
  readonly name = "engine";
  readonly memory: EngineMemory;
  readonly kernels: Kernels;
  readonly settings: ResolvedSettings;
  /** What multiplies large matrices with wider vectors than WebAssembly has. */
  readonly multipliers: Multipliers;
  readonly multiply: MultiplyProduct;
  readonly callNative: ((call: NativeCall, base: number, part: number, parts: number) => void) | null;
  /** The kernels as the calling thread runs them. */
  readonly instance: WebAssembly.Instance;
  #pool: WorkerPool | null = null;

  /** @param routine where a routine of the engine's own machine code is, where there is such code */
  constructor(
    memory: EngineMemory,
    kernels: Kernels,
    settings: ResolvedSettings,
    multipliers: Multipliers,
    readonly routine: ((routine: Routine) => number) | null,
  ) {
    this.memory = memory;
    this.kernels = kernels;
    this.settings = settings;
    this.multipliers = multipliers;
    this.instance = new WebAssembly.Instance(kernels.module, { env: { memory: memory.memory } });
    this.multiply = multiplier(multipliers, memory.memory);
    const { native } = multipliers;
    this.callNative = native === null ? null : createNativeCalls(createRequire(import.meta.url), native, memory.memory);
  }

  /** The workers; made new after one has died. */
  get pool(): WorkerPool {
    if (this.#pool?.interrupted === true) this.close();
    this.#pool ??= new WorkerPool(this.memory, this.kernels.module, this.multipliers, (pool) => {
      if (this.#pool === pool) this.#pool = null;
    });
    return this.#pool;
  }

  /** The workers, if any were started. */
  get startedPool(): WorkerPool | null {
    return this.#pool;
  }

  close(): void {
    this.#pool?.close();
    this.#pool = null;
  }

  prepare(graph: Graph, options: PrepareOptions = {}): Executable {
    const outsiders = graph.nodes.some((node) => node.types.some(({ shape }) => shape.includes(0)));
    // An empty tensor has no memory to plan; such graphs are small.
    if (outsiders) return portableExecutor.prepare(graph, options);
    // Workers take some 50 ms to start: as long as it takes to plan what they are certainly needed for.
    if (this.settings.threads > 1 && graph.nodes.some(isLarge)) this.pool.available(this.settings.threads - 1);
    const constants: { address: number; bytes: number }[] = [];
    try {
      const planned = this.#plan(graph, options, constants);
      return new PlanExecutable(this, graph, planned, options, constants);
    } catch (error) {
      for (const { address, bytes } of constants) this.memory.free(address, bytes);
      if (error instanceof NoRoom) throw this.tooLarge(graph, options, error.bytes, false);
      throw error;
    }
  }

  #plan(graph: Graph, options: PrepareOptions, constants: { address: number; bytes: number }[]): Plan {
    return plan(graph, {
      lowerings: { lowerings, fusions },
      signatures: this.kernels.signatures,
      threads: this.settings.threads,
      blas: this.multipliers.blas !== null,
      native: this.routine,
      checkNumbers: options.checkNumbers ?? false,
      guardedOutputs: options.guardedOutputs ?? 0,
      measured: process.env["LAMELLA_PROFILE"] === "1",
      residence: {
        variable: (variable) => this.memory.addressOf(variable),
        constant: (value: Tensor) => {
          const bytes = value.data.byteLength;
          const address = this.memory.allocate(bytes);
          if (address === null) return null;
          constants.push({ address, bytes });
          this.memory.view(value.dtype, address, value.size).set(value.data);
          return address;
        },
      },
    });
  }

  /**
   * The refusal of a plan that does not fit, with what would.
   * @param grows whether the need grows with the batch; that of variables and constants does not
   */
  tooLarge(graph: Graph, options: PrepareOptions, needed: number, grows = true): LamellaError {
    const free = this.memory.heap.largest;
    const input = graph.inputs.find((candidate) => candidate.rank > 1);
    const batch = grows ? (input?.shape[0] ?? 1) : 1;
    // Gradients are as large as the variables, whatever the batch: what is promised here must fit.
    const variables = new Set(graph.nodes.flatMap(({ variable }) => variable ?? []));
    const fixed = Math.min(
      [...variables].reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement[dtype], 0),
      needed - 1,
    );
    const fits = Math.floor((batch * (free - fixed)) / (needed - fixed));
    const who = options.name ?? "this graph";
    const advice =
      batch > 1 && fits >= 1
        ? `a batch of ${fits} instead of ${batch} would fit`
        : batch > 1
          ? "not even a batch of 1 would fit; use a smaller network or smaller inputs"
          : "use a smaller network or smaller inputs, or free what is no longer used";
    return new LamellaError(
      `${who}${input === undefined ? "" : ` on ${formatShape(input.shape)}`} needs ${formatBytes(needed)} of engine memory in one piece, but only ${formatBytes(free)} of 4 GiB are free ` +
        `(${formatBytes(this.memory.heap.used)} are in use): ${advice}`,
      // Training looks for this code, to split a batch.
      { code: "E901" },
    );
  }
}

/** Whether a result has a million numbers, or a variable. */
const isLarge = ({ types }: Graph["nodes"][number]): boolean => types.some(({ shape }) => sizeOf(shape) >= 2 ** 20);

function formatBytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

let memory: EngineMemory | null = null;
let chosen: EngineSettings = {};
let current: { executor: Executor; info: EngineInfo; engine: Engine | null } | null = null;
/** Counts configurations: plans made under another are not used again. */
let generation = 0;

function start(): NonNullable<typeof current> {
  if (current !== null) return current;
  const settings = resolveSettings(chosen);
  const kernels = loadKernels(settings.simd);
  if (kernels === null) {
    const reason =
      settings.simd === "none"
        ? "SIMD is switched off (LAMELLA_SIMD=none)"
        : typeof SharedArrayBuffer === "undefined"
          ? "this JavaScript engine has no SharedArrayBuffer"
          : simdSupport() === "none"
            ? "this JavaScript engine has no WebAssembly SIMD"
            : "the kernels are not built (npm run build makes dist/kernels)";
    current = {
      engine: null,
      executor: portableExecutor,
      info: {
        threads: 1,
        simd: "none",
        native: null,
        blas: null,
        description: "portable JavaScript, 1 thread",
        losses: [`${reason}: everything runs in plain JavaScript, with the same results and 10 to 100 times slower`],
      },
    };
    return current;
  }
  memory ??= new EngineMemory();
  const { native, blas } = chooseMultipliers(settings);
  const engine = new Engine(
    memory,
    kernels,
    settings,
    { native: native?.access ?? null, blas: blas?.access ?? null },
    native?.routine ?? null,
  );
  const losses: string[] = [];
  if (kernels.simd === "plain" && settings.simd === "auto")
    losses.push(
      "no relaxed SIMD in this JavaScript engine (Node 20 and later have it): products without fused multiply-add, up to a quarter slower",
    );
  if (settings.threads === 1) losses.push("one thread: work that two could share takes up to twice as long");
  if (native === null && blas === null)
    losses.push(
      settings.blas === "off"
        ? "system BLAS switched off (LAMELLA_BLAS=off)"
        : "no system BLAS (OpenBLAS, BLIS, MKL, Accelerate): large matrix products run in WebAssembly, 2 to 4 times slower",
    );
  else if (blas !== null && blas.loss !== "") losses.push(blas.loss);
  current = {
    engine,
    executor: engine,
    info: {
      threads: settings.threads,
      simd: kernels.simd,
      native: native?.name ?? null,
      blas: blas === null ? null : { name: blas.name, path: blas.path },
      description: [
        `WebAssembly ${kernels.simd === "relaxed" ? "relaxed SIMD" : "SIMD"}`,
        `${settings.threads} thread${settings.threads === 1 ? "" : "s"}`,
        ...(native === null ? [] : [native.name]),
        ...(blas === null ? [] : [blas.name]),
      ].join(", "),
      losses,
    },
  };
  return current;
}

/** The best executor there is here: the engine, or the portable one where WebAssembly SIMD is missing. */
export function executor(): Executor {
  return start().executor;
}

/** What the engine found here. */
export function engineInfo(): EngineInfo {
  return start().info;
}

/** The engine itself; null where the portable executor stands in. */
export function currentEngine(): Engine | null {
  return start().engine;
}

/** The same, but only if it has been started already. */
export function startedEngine(): Engine | null {
  return current?.engine ?? null;
}

export function configurationNumber(): number {
  return generation;
}

/**
 * Chooses threads, BLAS and SIMD for everything that is planned from now on. Variables keep their values.
 * @throws LamellaError for settings that do not exist, when they are next used.
 */
export function configureEngine(settings: EngineSettings): void {
  resolveSettings(settings);
  chosen = settings;
  generation++;
  current?.engine?.close();
  current = null;
}
