import { LamellaError } from "../errors.js";
import type { Site } from "./site.js";

/** Which part of the call at a site is wrong, so that the layer language can underline just that. */
export type FailedPart =
  | { readonly kind: "call" }
  /** The option or value of a layer, by its name in the definition. */
  | { readonly kind: "argument"; readonly name: string }
  | { readonly kind: "claim"; readonly part: "shape" | "params" }
  /** The item of a `row(…)` or `to(…)` call, counted from 0, label not counted. */
  | { readonly kind: "item"; readonly index: number };

/** One call on the way to a failure: a net, a block, a repetition. */
export interface ChainLink {
  readonly kind: "net" | "block" | "repeat";
  readonly name: string;
  /** For a repetition: which, from 0. */
  readonly index: number | null;
  /** "d=500": the hyperparameters in force, for nets. */
  readonly values: string;
  /** Where it was called; null for the net itself. */
  readonly site: Site | null;
}

/** A mistake found while a network is built: data, so that it can cross processes. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly site: Site | null;
  readonly part: FailedPart;
  readonly related: readonly { readonly site: Site; readonly message: string }[];
  /** Innermost first. */
  readonly chain: readonly ChainLink[];
}

/** A network whose rows do not fit. It carries every mistake that was found, not only the first. */
export class NetworkError extends LamellaError {
  override readonly name = "NetworkError";
  readonly network: string;
  readonly failures: readonly Failure[];

  constructor(network: string, failures: readonly Failure[]) {
    const first = failures[0];
    super(failures.map((failure) => describeFailure(failure)).join("\n"), first === undefined ? {} : { code: first.code });
    this.network = network;
    this.failures = failures;
  }
}

/** "in Bottleneck, repetition 1 of `stage`" */
export function describeChain(chain: readonly ChainLink[], lineOf: (site: Site) => number | null = () => null): string {
  const parts = chain.map((link) => {
    if (link.kind === "repeat") return `repetition ${(link.index ?? 0) + 1}${link.name === "" ? "" : ` of \`${link.name}\``}`;
    const line = link.site === null ? null : lineOf(link.site);
    const values = link.values === "" ? "" : ` (${link.values})`;
    return `in ${link.name}${values}${line === null ? "" : `, called at line ${line}`}`;
  });
  return parts.join(", ");
}

function describeFailure({ message, hint, chain }: Failure): string {
  const context = describeChain(chain);
  return [message, ...(hint === "" ? [] : [`  ${hint}`]), ...(context === "" ? [] : [`  ${context}`])].join("\n");
}
