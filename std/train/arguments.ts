import { LamellaError } from "../errors.js";
import type { TrainEntry } from "./entry.js";

/**
 * The arguments of an entry with its defaults filled in.
 * @throws LamellaError for an argument the entry does not have, one that is missing, and a number out of its range.
 */
export function filledArguments<T extends object>(entries: readonly TrainEntry[], name: string, given: T): Record<string, unknown> {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined)
    throw new LamellaError(`there is no \`${name}\`; there are ${entries.map((candidate) => candidate.name).join(", ")}`);
  const filled: Record<string, unknown> = {};
  for (const key of Object.keys(given)) {
    if (!entry.arguments.some((argument) => argument.name === key)) {
      const known = entry.arguments.map((argument) => argument.name).join(", ");
      throw new LamellaError(`\`${name}\` has no option \`${key}\`${known === "" ? "" : `; it has ${known}`}`);
    }
  }
  for (const spec of entry.arguments) {
    const value = (given as Record<string, unknown>)[spec.name] ?? spec.default;
    if (value === undefined) {
      if (spec.required === true) throw new LamellaError(`\`${name}\` needs \`${spec.name}\`: ${spec.doc}`);
      continue;
    }
    if (spec.kind === "number" || spec.kind === "integer") checkNumber(name, spec, value);
    if (spec.kind === "choice" && !(typeof value === "string" && (spec.choices ?? []).includes(value))) {
      throw new LamellaError(
        `\`${name}\`: ${spec.name}=${typeof value === "string" ? value : JSON.stringify(value)} is none of ${(spec.choices ?? []).join(", ")}`,
      );
    }
    filled[spec.name] = value;
  }
  return filled;
}

function checkNumber(name: string, spec: TrainEntry["arguments"][number], value: unknown): void {
  const good = typeof value === "number" && Number.isFinite(value) && (spec.kind === "number" || Number.isInteger(value));
  const low = spec.minimum ?? Number.NEGATIVE_INFINITY;
  const high = spec.maximum ?? Number.POSITIVE_INFINITY;
  if (good && value >= low && value <= high) return;
  const shown = typeof value === "string" ? `"${value}"` : JSON.stringify(value);
  const range = spec.maximum !== undefined ? ` from ${low} to ${high}` : spec.minimum !== undefined ? ` of at least ${low}` : "";
  throw new LamellaError(
    `\`${name}\`: ${spec.name}=${typeof value === "number" ? value : shown} must be a ${spec.kind === "integer" ? "whole number" : "number"}${range} (${spec.doc})`,
  );
}
