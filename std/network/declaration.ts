import type { Dim, FlowType } from "../layers/definition.js";
import { compareDims, formatFlowShape } from "../layers/dimensions.js";
import { LayerError } from "../layers/layer-error.js";
import type { Flow } from "./flow.js";

/** The declared shape of an input: numbers, and names of dimensions that are bound when it is used. */
export class InputShape<Dims extends readonly (number | string)[] = readonly (number | string)[]> {
  readonly dims: Dims;
  readonly integer: boolean;

  constructor(dims: Dims, integer: boolean) {
    this.dims = dims;
    this.integer = integer;
  }
}

/** The shape of an input, without the batch axis: `shape(28, 28, 1)`, `shape("T", "D")`. */
export function shape<const Dims extends readonly (number | string)[]>(...dims: Dims): InputShape<Dims> {
  return new InputShape(dims, false);
}

/** The shape of an input of token ids: `tokens("T")`. */
export function tokens<const Dims extends readonly (number | string)[]>(...dims: Dims): InputShape<Dims> {
  return new InputShape(dims, true);
}

/** Stands for a hyperparameter that has no default. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const required: any = Symbol("required");

/** A default that is calculated from the hyperparameters before it. */
export class DerivedDefault {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly calculate: (values: any) => unknown;

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  constructor(calculate: (values: any) => unknown) {
    this.calculate = calculate;
  }
}

/** A default that is calculated from the hyperparameters before it: `{ d: 4, h: derived(({ d }) => 2 * d) }`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function derived(calculate: (values: any) => unknown): DerivedDefault {
  return new DerivedDefault(calculate);
}

/** The value of a hyperparameter that is not given. */
export function defaultValue(declared: unknown, earlier: Readonly<Record<string, unknown>>): unknown {
  return declared instanceof DerivedDefault ? declared.calculate(earlier) : declared;
}

/** Inputs (shapes) and hyperparameters (their defaults, or `required`) of a net or block, in the order of its header. */
export type Declarations = Readonly<Record<string, unknown>>;

type DimensionNames<D extends Declarations> = {
  [K in keyof D]: D[K] extends InputShape<infer Dims> ? Extract<Dims[number], string> : never;
}[keyof D];

/** What the body is given: a flow for each input, the values of the hyperparameters, the dimensions by their names. */
export type BodyValues<D extends Declarations> = {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [K in keyof D]: D[K] extends InputShape ? Flow : any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
} & { readonly [N in DimensionNames<D>]: any };

/**
 * Binds the names in a declared shape to what arrived: numbers must agree, a name means the same extent wherever it stands.
 * @throws LayerError E039.
 */
export function bindShape(who: string, declared: InputShape, actual: FlowType, bound: Map<string, Dim>): void {
  const arrived = `${formatFlowShape(actual.shape)}${actual.dtype === "i32" ? " int" : ""}`;
  const wanted = `${declared.dims.join(" x ")}${declared.integer ? " int" : ""}`;
  const fail = (why: string): LayerError => new LayerError(`${who} takes ${wanted}, but ${arrived} arrived`, { code: "E039", hint: why });
  if (declared.dims.length !== actual.shape.length)
    throw fail(`${declared.dims.length} axes are wanted, and it has ${actual.shape.length}`);
  if (declared.integer !== (actual.dtype === "i32"))
    throw fail(declared.integer ? "token ids are wanted" : "it is token ids; turn them into vectors first: embedding V, d");
  for (const [axis, name] of declared.dims.entries()) {
    const extent = actual.shape[axis] as Dim;
    const known = typeof name === "number" ? name : bound.get(name);
    if (known === undefined) bound.set(name as string, extent);
    else if (compareDims(known, extent) !== "equal") {
      const value =
        typeof name === "string" && typeof known === "number" ? `${name}=${known}` : typeof known === "number" ? String(known) : known.text;
      throw fail(`axis ${axis + 1} must be ${value}, and is ${typeof extent === "number" ? extent : extent.text}`);
    }
  }
}

/** A declared input as a type, its names as symbolic dimensions. */
export function declaredType(name: string, declared: InputShape, values: ReadonlyMap<string, Dim>): FlowType {
  const dims = declared.dims.map((dim): Dim => (typeof dim === "number" ? dim : (values.get(dim) ?? { text: dim })));
  return { shape: dims, dtype: declared.integer ? "i32" : "f32", name };
}

/** A symbolic dimension in a body. It may stand in claims and shapes; calculating with it before data arrives is a mistake. */
class UnknownExtent {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  valueOf(): number {
    throw new LayerError(`${this.text} has no value before data arrives and cannot be calculated with`, {
      code: "E034",
      hint: "write a number in its place in the header, where it is known",
    });
  }

  toString(): string {
    return this.text;
  }
}

/** A dimension as the body of a net or block sees it. */
export function dimensionValue(dim: Dim): Dim {
  return typeof dim === "number" ? dim : new UnknownExtent(dim.text);
}
