import type { ArgumentSpec } from "../../std/layers/definition.js";

const kinds: Readonly<Partial<Record<ArgumentSpec["kind"], string>>> = {
  integer: "a whole number",
  number: "a number",
  size: "a size such as 3x3 or 3",
  boolean: "true or false",
  string: "a text",
  shape: "a shape such as 7x7x256",
  tensor: "a tensor of the net",
  layer: "a layer value",
};

/** What is wrong with a number or text written out for an argument, or null. */
export function literalProblem(spec: ArgumentSpec, value: number | string): { code: string; message: string } | null {
  const { name, kind } = spec;
  const wrong = (): { code: string; message: string } => {
    const wanted = kind === "choice" ? `one of ${(spec.choices ?? []).join(", ")}` : (kinds[kind] ?? "another value");
    return { code: "E021", message: `${name} is ${wanted}, but ${typeof value === "string" ? JSON.stringify(value) : value} arrived` };
  };
  if (typeof value === "string") {
    if (kind === "choice" && (spec.choices ?? []).includes(value)) return null;
    return kind === "string" || kind === "any" || (kind === "padding" && value === "same") || kind === "initializer" ? null : wrong();
  }
  switch (kind) {
    case "integer":
    case "size":
      return Number.isInteger(value) ? outOfRange(spec, value) : wrong();
    case "number":
      return outOfRange(spec, value);
    case "boolean":
    case "string":
    case "choice":
    case "tensor":
    case "layer":
      return wrong();
    case "any":
    case "initializer":
    case "padding":
    case "shape":
      return null;
  }
}

function outOfRange(spec: ArgumentSpec, value: number): { code: string; message: string } | null {
  const { name, minimum = -Infinity, maximum = Infinity } = spec;
  if (value >= minimum && value <= maximum) return null;
  const range =
    maximum === Infinity ? `at least ${minimum}` : minimum === -Infinity ? `at most ${maximum}` : `from ${minimum} to ${maximum}`;
  return { code: "E024", message: `${name} is ${range}, but ${value} arrived` };
}
