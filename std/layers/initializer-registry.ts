import type { ArgumentSpec, LayerArguments, ParameterSpec } from "./definition.js";
import { checkArguments } from "./arguments.js";
import { nearest } from "./edit-distance.js";
import {
  constant,
  he,
  lecun,
  normal,
  ones,
  orthogonal,
  uniform,
  xavier,
  zeros,
  type Distribution,
  type Fans,
  type Initializer,
} from "./initializers.js";
import { LayerError } from "./layer-error.js";
import type { InitialNumbers } from "../tensor/graph.js";
import { allocate, sizeOf } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";

/** An initialiser by its name in the layer language: `init=he`, `init=normal(0, 0.01)`. */
export interface InitializerDefinition {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  create(args: LayerArguments): Initializer;
}

const distribution = (fallback: Distribution): ArgumentSpec => ({
  name: "distribution",
  kind: "choice",
  choices: ["uniform", "normal"],
  doc: "What the numbers are drawn from.",
  positional: true,
  default: fallback,
});

const definitions: readonly InitializerDefinition[] = [
  { name: "zeros", summary: "Every number is 0.", arguments: [], create: () => zeros },
  { name: "ones", summary: "Every number is 1.", arguments: [], create: () => ones },
  {
    name: "constant",
    summary: "Every number is the same; a number alone means this.",
    arguments: [{ name: "value", kind: "number", doc: "The number.", positional: true, required: true }],
    create: ({ value }) => constant(value as number),
  },
  {
    name: "normal",
    summary: "Drawn from a normal distribution.",
    arguments: [
      { name: "mean", kind: "number", doc: "The mean.", positional: true, default: 0 },
      { name: "std", kind: "number", doc: "The standard deviation.", positional: true, default: 0.05, minimum: 0 },
    ],
    create: ({ mean, std }) => normal(mean as number, std as number),
  },
  {
    name: "uniform",
    summary: "Drawn evenly from an interval.",
    arguments: [
      { name: "low", kind: "number", doc: "The lower end.", positional: true, default: -0.05 },
      { name: "high", kind: "number", doc: "The upper end.", positional: true, default: 0.05 },
    ],
    create: ({ low, high }) => uniform(low as number, high as number),
  },
  {
    name: "xavier",
    summary: "Keeps the variance of the flow and of its gradient: variance 2 / (fan in + fan out) (Glorot & Bengio 2010).",
    arguments: [distribution("uniform")],
    create: ({ distribution: drawn }) => xavier(drawn as Distribution),
  },
  {
    name: "he",
    summary: "For rectifiers: variance 2 / fan in (He et al. 2015).",
    arguments: [distribution("normal")],
    create: ({ distribution: drawn }) => he(drawn as Distribution),
  },
  {
    name: "lecun",
    summary: "Keeps the variance of the flow: variance 1 / fan in (LeCun et al. 1998); what `selu` needs.",
    arguments: [distribution("normal")],
    create: ({ distribution: drawn }) => lecun(drawn as Distribution),
  },
  {
    name: "orthogonal",
    summary: "A random matrix with orthonormal rows or columns (Saxe et al. 2014), as recurrent weights like it.",
    arguments: [{ name: "gain", kind: "number", doc: "What it is multiplied by.", positional: true, default: 1 }],
    create: ({ gain }) => orthogonal(gain as number),
  },
];

/** Every initialiser by name. */
export const initializerRegistry: ReadonlyMap<string, InitializerDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition]),
);

/** @throws LayerError E027 with what was probably meant. */
function findInitializer(name: string): InitializerDefinition {
  const definition = initializerRegistry.get(name);
  if (definition !== undefined) return definition;
  const meant = nearest(name, initializerRegistry.keys());
  throw new LayerError(`there is no initialiser \`${name}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}`, {
    code: "E027",
    hint: `there are ${[...initializerRegistry.keys()].join(", ")}`,
  });
}

/** `normal(0, 0.01)`: the initialiser called `name` with these values. @throws LayerError as `checkArguments`. */
export function createInitializer(
  name: string,
  positional: readonly unknown[] = [],
  named: Readonly<Record<string, unknown>> = {},
): Initializer {
  const definition = findInitializer(name);
  return definition.create(checkArguments(definition, positional, named));
}

/** What an argument of kind `initializer` may be: an initialiser, its name, or a number for a constant. @throws LayerError E021. */
export function toInitializer(value: unknown): Initializer {
  if (typeof value === "number") return value === 0 ? zeros : constant(value);
  if (typeof value === "string") return createInitializer(value);
  if (typeof value === "object" && value !== null && typeof (value as Initializer).fill === "function") return value as Initializer;
  throw new LayerError("an initialiser is a name such as he, a call such as normal(0, 0.01), or a number", { code: "E021" });
}

/**
 * Fan in and fan out of a weight: for dense in x out the two extents; for conv kh x kw x C/groups x filters the window's
 * size times channels and times filters. A vector has its length for both.
 */
export function fansOf(spec: Pick<ParameterSpec, "shape" | "fans">): Fans {
  if (spec.fans !== undefined) return spec.fans;
  const { shape } = spec;
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const window = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  return { fanIn: window * (shape.at(-2) as number), fanOut: window * (shape.at(-1) as number) };
}

/** The first value of a parameter. `key` is its stream: seed and path. The same key gives the same numbers on every machine. */
export function initialValue(spec: ParameterSpec, key: readonly [number, number]): Tensor {
  const initial = initialNumbers(spec, key);
  const values = allocate(initial.dtype, sizeOf(initial.shape));
  initial.fill(values);
  return new Tensor(initial, values);
}

/** The first value of a parameter as numbers that are drawn once they are needed, to where they are to be. */
export function initialNumbers({ shape, init, ...spec }: ParameterSpec, key: readonly [number, number]): InitialNumbers {
  return {
    shape,
    dtype: "f32",
    zeros: init === zeros,
    fill: (numbers) => init.fill(numbers as Float32Array, shape, fansOf({ shape, ...spec }), key),
  };
}
