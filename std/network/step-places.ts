import type { LamellaError } from "../errors.js";
import type { ChainLink, Failure } from "./failure.js";
import type { Site } from "./site.js";

/** Where a step of a network was written, and the calls that led there, innermost first. */
interface StepPlace {
  readonly site: Site | null;
  readonly chain: readonly ChainLink[];
}

/** By the use of a layer, or the step of a formula. */
const places = new WeakMap<object, StepPlace>();
/** By what the engine calls a step: "conv.2 of LeNet". A net that is defined anew takes the places of the old one. */
const byScope = new Map<string, StepPlace>();

export function rememberPlace(step: object, place: StepPlace): void {
  places.set(step, place);
}

/** A step taken over into another network stays where it was written. */
export function copyPlace(from: object, to: object): void {
  const place = places.get(from);
  if (place !== undefined) places.set(to, place);
}

export function nameScope(scope: string, step: object): void {
  const place = places.get(step);
  if (place !== undefined) byScope.set(scope, place);
}

/** An error inside a step of a network (an index out of range, a number that became NaN) as a mistake at the row it comes from. */
export function failureOf(error: LamellaError): Failure | null {
  for (const line of error.context) {
    const place = byScope.get(line.replace(/^in /u, ""));
    if (place === undefined) continue;
    return {
      code: error.code,
      message: error.message,
      hint: "",
      site: place.site,
      part: { kind: "call" },
      related: [],
      chain: place.chain,
    };
  }
  return null;
}
