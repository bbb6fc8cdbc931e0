import type { ArgumentKind, ArgumentSpec, Dim, FlowType, LayerArguments, LayerDefinition, TiedLayer } from "./definition.js";
import { formatFlow } from "./dimensions.js";
import { nearest } from "./edit-distance.js";
import { toInitializer } from "./initializer-registry.js";
import { LayerError } from "./layer-error.js";

/** What has named arguments: a layer, an initialiser. */
export interface ArgumentsOwner {
  readonly name: string;
  readonly arguments: readonly ArgumentSpec[];
}

/**
 * Checks the values a row gives a layer against its definition: kinds, ranges, choices, names, what is missing or given
 * twice. Gives them keyed by name, with the defaults filled in; an argument without a value and a default is absent.
 * @param positional in the order written: numbers, lists (`11x11` is [11, 11]), strings, booleans, flows or tensors, layers.
 * @throws LayerError with the argument at fault: E021 kind, E022 missing, E023 too many, E024 range or choice, E025 twice,
 * E026 unknown.
 */
export function checkArguments(
  definition: LayerDefinition | ArgumentsOwner,
  positional: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
): LayerArguments {
  const { name: layer, arguments: specs } = definition;
  const given = new Map<string, unknown>();

  const takers = specs.filter((spec) => spec.positional === true);
  const rest = takers.find((spec) => spec.rest === true);
  const single = takers.filter((spec) => spec !== rest);
  for (const [index, value] of positional.entries()) {
    const spec = single[index];
    if (spec !== undefined) given.set(spec.name, value);
    else if (rest !== undefined) given.set(rest.name, positional.slice(single.length));
    else throw tooMany(layer, takers, positional.length);
  }

  for (const [name, value] of Object.entries(named)) {
    if (value === undefined) continue;
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) throw unknownOption(layer, specs, name);
    if (given.has(name)) {
      throw new LayerError(`\`${layer}\` was given ${name} twice: once by its place and once as ${name}=`, {
        code: "E025",
        argument: name,
      });
    }
    given.set(name, value);
  }

  const result: Record<string, unknown> = {};
  for (const spec of specs) {
    if (given.has(spec.name)) {
      const value = given.get(spec.name);
      result[spec.name] = spec.rest === true ? asList(value).map((one) => checkValue(layer, spec, one)) : checkValue(layer, spec, value);
    } else if (spec.required === true) {
      throw new LayerError(`\`${layer}\` needs ${spec.name}, ${kindTexts[spec.kind]}: ${lowerFirst(spec.doc)}`, {
        code: "E022",
        argument: spec.name,
      });
    } else if (spec.default !== undefined) {
      result[spec.name] = spec.kind === "initializer" ? toInitializer(spec.default) : spec.default;
    }
  }
  return result;
}

/** How each kind reads in messages and on the reference page. */
export const kindTexts: Readonly<Record<ArgumentKind, string>> = {
  integer: "a whole number",
  number: "a number",
  size: "a size such as 3x3 or 3",
  padding: "a padding: a number, one for each axis, a pair for each axis, or same",
  boolean: "true or false",
  string: "a text",
  choice: "a choice",
  initializer: "an initialiser such as he, normal(0, 0.01) or a number",
  shape: "a shape such as 7x7x256",
  tensor: "a tensor of the net",
  layer: "a layer value",
  any: "a value",
};

function checkValue(layer: string, spec: ArgumentSpec, value: unknown): unknown {
  const { name, kind } = spec;
  const wrongKind = (): LayerError =>
    new LayerError(
      `\`${layer}\`: ${name} is ${kind === "choice" ? `one of ${(spec.choices ?? []).join(", ")}` : kindTexts[kind]}, but ` +
        `${describeValue(value)} arrived`,
      {
        code: "E021",
        argument: name,
      },
    );
  const inRange = (number: number): void => {
    const { minimum = -Infinity, maximum = Infinity } = spec;
    if (number >= minimum && number <= maximum) return;
    const range =
      maximum === Infinity ? `at least ${minimum}` : minimum === -Infinity ? `at most ${maximum}` : `from ${minimum} to ${maximum}`;
    throw new LayerError(`\`${layer}\`: ${name} is ${range}, but ${number} arrived`, { code: "E024", argument: name });
  };

  switch (kind) {
    case "integer":
      if (typeof value !== "number" || !Number.isInteger(value)) throw wrongKind();
      inRange(value);
      return value;
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) throw wrongKind();
      inRange(value);
      return value;
    case "size": {
      const sizes = asList(value);
      if (sizes.length === 0) throw wrongKind();
      for (const size of sizes) {
        if (typeof size !== "number" || !Number.isInteger(size)) throw wrongKind();
        inRange(size);
      }
      return value;
    }
    case "padding":
      if (
        value !== "same" &&
        !asList(value).every((axis) => isPad(axis) || (Array.isArray(axis) && axis.length === 2 && axis.every(isPad)))
      )
        throw wrongKind();
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw wrongKind();
      return value;
    case "string":
      if (typeof value !== "string") throw wrongKind();
      return value;
    case "choice": {
      const choices = spec.choices ?? [];
      if (typeof value !== "string") throw wrongKind();
      if (!choices.includes(value)) {
        const meant = nearest(value, choices);
        throw new LayerError(
          `\`${layer}\`: ${name} is one of ${choices.join(", ")}, but ${value} arrived${meant === null ? "" : `; did you mean ${meant}?`}`,
          { code: "E024", argument: name },
        );
      }
      return value;
    }
    case "initializer":
      try {
        return toInitializer(value);
      } catch (error) {
        if (error instanceof LayerError)
          throw new LayerError(`\`${layer}\`: ${name}: ${error.message}`, { code: error.code, argument: name, hint: error.hint });
        throw wrongKind();
      }
    case "shape": {
      const shape = asList(value);
      if (shape.length === 0 || !shape.every(isDim)) throw wrongKind();
      return shape;
    }
    case "tensor":
      if (!isFlow(value) && !(Array.isArray(value) && value.length > 0 && value.every(isFlow))) throw wrongKind();
      return value;
    case "layer":
      if (!isLayer(value)) throw wrongKind();
      return value;
    case "any":
      return value;
  }
}

function unknownOption(layer: string, specs: readonly ArgumentSpec[], name: string): LayerError {
  const names = specs.map((spec) => spec.name);
  const meant = nearest(name, names);
  const suggestion = meant === null ? "" : `; did you mean \`${meant}\`?`;
  const has = names.length === 0 ? " (it has none)" : ` (it has ${names.join(", ")})`;
  return new LayerError(`\`${layer}\` has no option \`${name}\`${suggestion}${has}`, { code: "E026", argument: name });
}

function tooMany(layer: string, takers: readonly ArgumentSpec[], count: number): LayerError {
  const names = takers.map((spec) => spec.name).join(", ");
  const most = takers.length;
  const takes =
    most === 0 ? "takes no values without a name" : `takes at most ${most} ${most === 1 ? "value" : "values"} without a name (${names})`;
  return new LayerError(`\`${layer}\` ${takes}, but ${count} arrived`, { code: "E023" });
}

/** A value as messages show it. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return JSON.stringify(value);
  if (isFlow(value)) return `a tensor of ${formatFlow(value)}`;
  if (isLayer(value)) return `the layer \`${value.definition.name}\``;
  if (Array.isArray(value)) {
    return value.length > 0 && value.every((one) => typeof one === "number") ? value.join("x") : `[${value.map(describeValue).join(", ")}]`;
  }
  if (isDim(value)) return typeof value === "number" ? String(value) : `the dimension ${value.text}, which is known at run time only,`;
  if (typeof value === "function") return "a function";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const isPad = (value: unknown): boolean => typeof value === "number" && Number.isInteger(value) && value >= 0;
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Numbers from 1 up and symbolic dimensions; -1 stands for "what is left" in `reshape`. */
function isDim(value: unknown): value is Dim {
  if (typeof value === "number") return Number.isInteger(value) && (value > 0 || value === -1);
  return typeof value === "object" && value !== null && typeof (value as { text?: unknown }).text === "string";
}

/** A FlowType or a Tensor: both have a shape and a dtype. */
function isFlow(value: unknown): value is FlowType {
  return (
    typeof value === "object" && value !== null && Array.isArray((value as FlowType).shape) && typeof (value as FlowType).dtype === "string"
  );
}

function isLayer(value: unknown): value is TiedLayer {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as TiedLayer).definition?.name === "string"
  );
}
