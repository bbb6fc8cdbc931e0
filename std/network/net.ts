import { LamellaError } from "../errors.js";
import type { Dim, FlowType } from "../layers/definition.js";
import { writeValue } from "./describe.js";
import { Builder, withBuilder } from "./builder.js";
import { BuiltNetwork, type NetDefinition } from "./built-network.js";
import { declaredType, defaultValue, dimensionValue, InputShape, type BodyValues, type Declarations } from "./declaration.js";
import { NetworkError, type Failure } from "./failure.js";
import { Flow } from "./flow.js";
import type { Value } from "./program.js";
import { callSite, type Site } from "./site.js";
import { layersOfBody, type Layers } from "./toolkit.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Tap } from "./tap.js";

/**
 * A network with the names of its taps, inputs and outputs: `Net<"c1" | "stage[].pool", ["image"], "age" | "box">`. Without
 * outputs it has one. Taps stand at
 * `.taps.c1`, `.taps.stage[4].pool`, and without `taps` where no member of the network is called so.
 */
export type Net<
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  Names extends string = any,
  Inputs extends string[] = string[],
  // A net of any labels may have any outputs; one that is written out has one where nothing else is said.
  Outputs extends string = string extends Names ? string : "output",
> = Omit<BuiltNetwork, "taps" | "predict" | "predictAll" | "with" | OfBuilding> & {
  readonly taps: Taps<Names>;
  /** Inference: gives the first output. */
  predict(...inputs: Tensors<Inputs>): Tensor;
  /** Every output for an input batch, by name. */
  predictAll(...inputs: Tensors<Inputs>): Readonly<Record<Outputs, Tensor>>;
  /** Another network of the same body with other hyperparameters. */
  with(hyperparameters: Readonly<Record<string, unknown>>): Net<Names, Inputs, Outputs>;
} & Omit<Taps<Names>, keyof BuiltNetwork> &
  NetCall<Names, Inputs, Outputs>;

/** Members for networks that are made of others and for what draws and trains them: not what an editor offers of a net. */
type OfBuilding =
  "built" | "called" | "entryAt" | "failed" | "inputValues" | "outputValues" | "rowText" | "uses" | "valueOfTap" | "variableAt";

/** One tensor for each name. */
type Tensors<Inputs extends string[]> = { [Place in keyof Inputs]: Tensor };

/** Taps by the names of labels; `stage[].pool` is a label inside a repeated one, `enc.state` what a layer gives beside. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Taps<Names extends string> = string extends Names ? any : { readonly [Label in Outer<Names>]: TapAt<Names, Label> };

type Outer<Name extends string> = Name extends `${infer Label}[]${string}` ? Label : Name extends `${infer Label}.${string}` ? Label : Name;
type TapAt<Names extends string, Label extends string> = Label extends Names
  ? WithExtras<ExtraOf<Names, Label>>
  : Repeated<Inner<Names, Label>>;
/** What a row's layers give beside their output: `enc.state`. */
type ExtraOf<Names extends string, Label extends string> = Names extends `${Label}.${infer Extra}` ? Extra : never;
type WithExtras<Extra extends string> = [Extra] extends [never] ? Tap : Tap & { readonly [Name in Extra]: Tap };
type Inner<Names extends string, Label extends string> = Names extends `${Label}[].${infer Rest}` ? Rest : never;

/** A network is called with tensors, with flows of a net being built, or with other hyperparameters: `Same(a, b)`, `ResNet({ classes: 10 })`. */
export interface NetCall<Names extends string, Inputs extends string[], Outputs extends string> {
  (...inputs: Tensors<Inputs>): Tensor;
  (...flows: Flow[]): Flow;
  (hyperparameters: Readonly<Record<string, unknown>>): Net<Names, Inputs, Outputs>;
}

/** The taps of a repeated label: `stage[4].pool`. */
export type Repeated<Names extends string = never> = Tap & {
  readonly [index: number]: Tap & ([Names] extends [never] ? unknown : Taps<Names>);
};

/**
 * Declares a network and checks it by running its body on shapes alone.
 * @param declarations inputs (`image: shape(28, 28, 1)`) and hyperparameters (`classes: 10`, or `required`).
 * @param body gives the flow the network ends with, or several by name.
 * @throws NetworkError with every mistake that was found. A net with `required` hyperparameters is checked when they are given.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function net<D extends Declarations, Names extends string = any, Inputs extends string[] = any, Outputs extends string = any>(
  name: string,
  declarations: D,
  body: (values: BodyValues<D>, layers: Layers) => Flow | Readonly<Record<string, Flow>>,
): Net<Names, Inputs, Outputs> {
  const definition: NetDefinition = { name, declarations, body: body, site: callSite(net), build: buildNet };
  return BuiltNetwork.create(definition, {}) as unknown as Net<Names, Inputs, Outputs>;
}

let collected: Failure[] | null = null;

/** Runs `body` with mistakes of networks collected instead of thrown: all mistakes of a cell at once. */
export function collectFailures<T>(body: () => T): { result: T; failures: readonly Failure[] } {
  const outer = collected;
  const failures: Failure[] = [];
  collected = failures;
  try {
    return { result: body(), failures };
  } finally {
    collected = outer;
  }
}

/** Runs the body of a net on shapes. */
function buildNet(definition: NetDefinition, given: Readonly<Record<string, unknown>>): ReturnType<NetDefinition["build"]> {
  const { name, declarations, body, site } = definition;
  const builder = new Builder(name);
  const values: Record<string, unknown> = {};
  const numbers = new Map<string, Dim>();
  const changed: string[] = [];
  for (const [parameter, declared] of Object.entries(declarations)) {
    if (declared instanceof InputShape) continue;
    const value = parameter in given ? given[parameter] : defaultValue(declared, values);
    values[parameter] = value;
    if (typeof value === "number") numbers.set(parameter, value);
    if (typeof value !== "object" && typeof value !== "function") changed.push(`${parameter}=${writeValue(value)}`);
  }
  const inputs: Value[] = [];
  for (const [parameter, declared] of Object.entries(declarations)) {
    if (!(declared instanceof InputShape)) continue;
    const input = builder.input(declaredType(parameter, declared, numbers));
    inputs.push(input);
    values[parameter] = new Flow(input, parameter);
    for (const [axis, dimension] of declared.dims.entries())
      if (typeof dimension === "string") values[dimension] ??= dimensionValue(input.shape[axis] as Dim);
  }
  let outputs: readonly { name: string; value: Value }[] = [];
  if (inputs.length === 1) builder.lastOutput = inputs[0] as Value;
  builder.bind(name, values);
  builder.chain.push({ kind: "net", name, index: null, values: changed.join(", "), site: null });
  withBuilder(builder, () => {
    try {
      outputs = outputsOf(body(values as never, layersOfBody));
    } catch (error) {
      // After a mistake the body works with broken values: what then goes wrong is a consequence.
      if (builder.failures.length === 0 && !builder.damaged) bodyFailed(builder, error, site);
    }
  });
  if (builder.failures.length > 0) {
    if (collected === null) throw new NetworkError(name, builder.failures);
    collected.push(...builder.failures);
  }
  return { builder, inputs, outputs, failed: builder.failures.length > 0 || builder.damaged };
}

function bodyFailed(builder: Builder, error: unknown, site: Site | null): void {
  const place = { site: siteOfError(error, site) };
  if (error instanceof LamellaError) builder.fail(error, place);
  // A name that is defined nowhere is the cell's mistake, not the net's.
  else if (error instanceof ReferenceError) throw error;
  else if (error instanceof Error) builder.report({ code: "E050", message: buildMessage(error), place });
  else throw error;
}

/** "tower is not a function" in the words of the layer language. */
function buildMessage({ message }: Error): string {
  const [, name] = /^(?:[\w.]*\.)?([\p{L}_][\p{L}\p{N}_]*) is not a function$/u.exec(message) ?? [];
  if (name !== undefined) return `\`${name}\` is given values, but it is no layer, block or network`;
  // What the engine of JavaScript says of a missing value names our own sources.
  if (/^Cannot read properties of|is not iterable/u.test(message))
    return "the net could not be built: a value that this row needs is missing";
  return `the net could not be built: ${message}`;
}

/** The first place in the text that defines the net in an error's stack. */
function siteOfError(error: unknown, net: Site | null): Site | null {
  if (net === null || !(error instanceof Error)) return net;
  for (const line of (error.stack ?? "").split("\n")) {
    const at = line.indexOf(net.file);
    const [, row, column] = at === -1 ? [] : (/^:(\d+):(\d+)/.exec(line.slice(at + net.file.length)) ?? []);
    if (row !== undefined && column !== undefined) return { file: net.file, line: Number(row), column: Number(column) };
  }
  return net;
}

function outputsOf(result: unknown): { name: string; value: Value }[] {
  if (result instanceof Flow) return result.value === null ? [] : [{ name: "output", value: result.value }];
  const entries = Object.entries((result ?? {}) as Record<string, unknown>);
  return entries.flatMap(([name, flow]) => (flow instanceof Flow && flow.value !== null ? [{ name, value: flow.value }] : []));
}

export type { FlowType };
