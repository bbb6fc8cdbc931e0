import type { Variable } from "../tensor/graph.js";
import { allocate, bytesPerElement, sizeOf, type TypedArray } from "../tensor/shape.js";

/** What is greater than this is not copied while it trains: its steps are guarded, so that a bad one changes nothing. */
export const copied = { greatestBytes: 256 * 1024 * 1024 };
/** At most this share of the time goes into copying. */
const share = 0.02;

interface Copy {
  readonly step: number;
  readonly values: TypedArray[];
}

/**
 * Copies of everything a step changes, so that a run whose numbers blow up can go back to the last good step. A copy is good
 * once a step that started from it gave a finite loss.
 */
export class Snapshots {
  readonly #variables: readonly Variable[];
  /** Whether these are few enough to be copied. */
  readonly possible: boolean;
  #good: Copy | null = null;
  #candidate: Copy | null = null;
  /** The arrays of a copy that is no longer needed. */
  #spare: TypedArray[] | null = null;
  #spent = 0;
  readonly #started: number;

  constructor(variables: readonly Variable[]) {
    this.#variables = variables;
    const bytes = variables.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement[dtype], 0);
    this.possible = bytes <= copied.greatestBytes;
    this.#started = performance.now();
  }

  /** Called before a step; copies when it is time to. @param step the steps made so far */
  before(step: number): void {
    const now = performance.now();
    if (!this.possible || this.#candidate !== null || this.#spent > share * (now - this.#started)) return;
    const values = this.#spare ?? this.#variables.map(({ dtype, shape }) => allocate(dtype, sizeOf(shape)));
    this.#spare = null;
    for (const [index, { storage }] of this.#variables.entries()) (values[index] as TypedArray).set(storage);
    this.#candidate = { step, values };
    this.#spent += performance.now() - now;
  }

  /** Called after a step with a finite loss. */
  confirm(): void {
    if (this.#candidate === null) return;
    this.#spare = this.#good?.values ?? null;
    this.#good = this.#candidate;
    this.#candidate = null;
  }

  /** Goes back to the newest good copy, or to what the run began with, and gives the steps made up to it; null when there is none. */
  restore(): number | null {
    const copy = this.#good ?? this.#candidate;
    if (copy === null) return null;
    for (const [index, variable] of this.#variables.entries()) variable.storage.set(copy.values[index] as TypedArray);
    return copy.step;
  }
}
