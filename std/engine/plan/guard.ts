import type { Tensor } from "../../tensor/tensor.js";
import type { Order } from "./order.js";
import type { Call, Step } from "./program.js";
import { PlanAddress, Storage } from "./storage.js";

/**
 * What looks, before variables change, whether the losses and everything that new values are made of are finite: a run that
 * went wrong leaves the variables as they were.
 */
export class Guard {
  readonly tensors: readonly Tensor[];
  readonly #found: Storage;

  /** @param losses how many of the first outputs must be finite; 0 for a plan without a guard */
  constructor(
    ordered: Order,
    losses: number,
    readonly parts: number,
  ) {
    this.tensors = losses === 0 ? [] : guarded(ordered, losses);
    this.#found = new Storage(this.tensors.length * parts * 4);
  }

  /** The memory it needs, before and while the first variables change. */
  storages(commit: number): Storage[] {
    if (this.tensors.length === 0) return [];
    this.#found.use(commit - 1);
    this.#found.use(commit);
    return [this.#found];
  }

  /** Two steps: all threads look, then all see what was found. @param index of the first tensor in the list of what is checked */
  steps(addressOf: (tensor: Tensor) => PlanAddress, fewest: number, index: number): Step[] {
    if (this.tensors.length === 0) return [];
    const calls: Call[] = [];
    const checks: Step["checks"] = [];
    for (const [at, tensor] of this.tensors.entries()) {
      const found = new PlanAddress(this.#found, at * this.parts * 4);
      const owner = this.parts === 1 || tensor.size < fewest ? 0 : null;
      calls.push({ target: { kind: "kernel", name: "notFinite" }, args: [addressOf(tensor), tensor.size, found], owner });
      checks.push({ address: found, length: owner === null ? this.parts : 1, index: index + at });
    }
    return [
      { calls, checks: [], abortable: true },
      { calls: [], checks, abortable: true },
    ];
  }
}

function guarded({ units, commit, outputs }: Order, losses: number): Tensor[] {
  const early = new Set(units.slice(0, commit).flatMap((unit) => unit.outputs));
  const read = units.slice(commit).flatMap((unit) => unit.inputs);
  return [...new Set([...outputs.slice(0, losses), ...read])].filter((tensor) => tensor.dtype === "f32" && early.has(tensor));
}
