import { createHash } from "node:crypto";
import { initialNumbers } from "../layers/initializer-registry.js";
import { Variable } from "../tensor/graph.js";
import type { ParameterEntry } from "./builder.js";

/** The variables of a network by path. Each is drawn when it is first asked for, from the seed and its own path. */
export class ParameterStore {
  readonly #entries: ReadonlyMap<string, ParameterEntry>;
  readonly #borrowed: (entry: ParameterEntry) => Variable | null;
  readonly #variables = new Map<string, Variable>();
  #seed = 0;

  constructor(entries: ReadonlyMap<string, ParameterEntry>, borrowed: (entry: ParameterEntry) => Variable | null) {
    this.#entries = entries;
    this.#borrowed = borrowed;
  }

  get(path: string): Variable {
    const known = this.#variables.get(path);
    if (known !== undefined) return known;
    const entry = this.#entries.get(path);
    if (entry === undefined) throw new Error(`no parameter at ${path}`);
    const variable =
      this.#borrowed(entry) ??
      new Variable(path, initialNumbers(entry.spec, [this.#seed, streamOf(path)]), { trainable: entry.spec.trainable !== false });
    this.#variables.set(path, variable);
    return variable;
  }

  /** Every variable, in the order of the rows. */
  all(): ReadonlyMap<string, Variable> {
    return new Map([...this.#entries.keys()].map((path) => [path, this.get(path)]));
  }

  /** Draws the network's own parameters anew; those of networks used inside it stay as they are. */
  initialize(seed: number): void {
    this.#seed = seed;
    for (const [path, variable] of this.#variables) {
      const entry = this.#entries.get(path) as ParameterEntry;
      if (entry.owner === null) variable.reset(initialNumbers(entry.spec, [seed, streamOf(path)]));
    }
  }

  /** Another seed for what is random while the network runs; every parameter stays, or begins, as the seed before had it. */
  reseed(seed: number): void {
    this.all();
    this.#seed = seed;
  }

  get seed(): number {
    return this.#seed;
  }
}

/** The random stream of a path: FNV-1a, 32 bit. */
export function streamOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < path.length; index++) {
    hash ^= path.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** Equal weights, equal hash: over every parameter's path, shape and bits, in order. */
export function hashOf(variables: ReadonlyMap<string, Variable>): string {
  const hash = createHash("sha256");
  for (const [path, { shape, storage }] of variables) {
    hash.update(`${path} ${shape.join("x")}\n`);
    hash.update(new Uint8Array(storage.buffer, storage.byteOffset, storage.byteLength).slice());
  }
  return hash.digest("hex");
}
