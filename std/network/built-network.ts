import { LamellaError } from "../errors.js";
import { Tensor } from "../tensor/tensor.js";
import { concat, slice } from "../tensor/index.js";
import type { Variable } from "../tensor/graph.js";
import type { FlowType } from "../layers/definition.js";
import { nearest } from "../layers/edit-distance.js";
import { describeValue } from "../layers/arguments.js";
import { LayerError } from "../layers/layer-error.js";
import { asApplicable, type Applicable } from "./applicable.js";
import type { Builder, ParameterEntry } from "./builder.js";
import { defaultValue, DerivedDefault, InputShape, required, type Declarations } from "./declaration.js";
import { isOptions } from "./describe.js";
import { Flow } from "./flow.js";
import { bindInputs, runSteps } from "./forward.js";
import { NetworkPart } from "./network-part.js";
import type { ForwardOptions, ForwardResult, Network, TextReader, SummaryRow } from "./network.js";
import { hashOf, ParameterStore } from "./parameters.js";
import { stepsTo, type Use, type Value } from "./program.js";
import { callSite, type Site } from "./site.js";
import { nestTaps, type Tap } from "./tap.js";
import type { Layers } from "./toolkit.js";
import { compileForward, type CompiledForward } from "./inference.js";

/** A net as it is written: kept, so that variants can be built from it. */
export interface NetDefinition {
  readonly name: string;
  readonly declarations: Declarations;
  readonly body: (values: never, layers: Layers) => unknown;
  readonly site: Site | null;
  build(
    this: void,
    definition: NetDefinition,
    given: Readonly<Record<string, unknown>>,
  ): { builder: Builder; inputs: readonly Value[]; outputs: readonly { name: string; value: Value }[]; failed: boolean };
}

/** A class whose instances can be called. */
class Callable {
  constructor() {
    const call = (...values: unknown[]): unknown => (call as unknown as { called(values: unknown[]): unknown }).called(values);
    return Object.setPrototypeOf(call, new.target.prototype) as this;
  }
}

/** What `net N(…) { … }` defines. It is called with tensors (`N(image)`), or with hyperparameters for a variant (`N({ classes: 10 })`). */
export class BuiltNetwork extends Callable implements Network {
  readonly kind = "network" as const;
  declare readonly name: string;
  readonly #definition: NetDefinition;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #builder: Builder | null;
  readonly #inputs: readonly Value[];
  readonly #outputs: readonly { readonly name: string; readonly value: Value }[];
  readonly #missing: readonly string[];
  readonly #store: ParameterStore;
  readonly #failed: boolean;
  /** How the texts of each input are read: that of the data the net was trained on. */
  vocabularies: Readonly<Record<string, TextReader>> = {};
  #taps: Record<string, Tap> | null = null;
  #inference: CompiledForward | null = null;

  private constructor(definition: NetDefinition, given: Readonly<Record<string, unknown>>) {
    super();
    Object.defineProperty(this, "name", { value: definition.name, enumerable: true });
    Object.defineProperty(this, "length", { value: undefined });
    this.#definition = definition;
    this.#given = given;
    this.#missing = Object.entries(definition.declarations)
      .filter(([name, declared]) => declared === required && !(name in given))
      .map(([name]) => name);
    if (this.#missing.length > 0) {
      this.#builder = null;
      this.#inputs = [];
      this.#outputs = [];
      this.#failed = false;
      this.#store = new ParameterStore(new Map(), () => null);
      return;
    }
    const { builder, inputs, outputs, failed } = definition.build(definition, given);
    this.#builder = builder;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#failed = failed;
    // What only led to values nobody uses (rows behind a cut) has parameters all the same: they are rows of the table.
    this.#store = new ParameterStore(builder.parameters, ({ owner }) =>
      owner === null ? null : (owner.network as BuiltNetwork).variableAt(owner.path),
    );
    for (const name of builder.taps.keys()) {
      const first = /^[^.[]+/.exec(name)?.[0] ?? name;
      if (!(first in this)) Object.defineProperty(this, first, { get: () => this.taps[first], configurable: true });
    }
  }

  static create(definition: NetDefinition, given: Readonly<Record<string, unknown>>): BuiltNetwork {
    return new BuiltNetwork(definition, given);
  }

  /** False while hyperparameters without a default are not given: such a net is only there to make variants of. */
  get complete(): boolean {
    return this.#missing.length === 0;
  }

  /** True when mistakes were found (and collected, not thrown). */
  get failed(): boolean {
    return this.#failed;
  }

  /** The hyperparameters and their values; `undefined` where one has neither a default nor a value. */
  get hyperparameters(): Readonly<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const [name, declared] of Object.entries(this.#definition.declarations)) {
      if (declared instanceof InputShape) continue;
      if (name in this.#given) values[name] = this.#given[name];
      else values[name] = declared === required || !this.complete ? plainDefault(declared) : defaultValue(declared, values);
    }
    return values;
  }

  /** The recorded program; for networks that use this one. @throws LamellaError while hyperparameters are missing. */
  get built(): Builder {
    if (this.#builder === null) {
      const names = this.#missing.join(" and ");
      throw new LayerError(`${this.name} needs ${names} before it can be used`, {
        code: "E022",
        hint: `${this.name}(${this.#missing.map((name) => `${name}=…`).join(", ")})`,
      });
    }
    return this.#builder;
  }

  get inputValues(): readonly Value[] {
    void this.built;
    return this.#inputs;
  }

  get outputValues(): readonly { readonly name: string; readonly value: Value }[] {
    void this.built;
    return this.#outputs;
  }

  get inputs(): Network["inputs"] {
    return this.inputValues.map((value) => ({ name: value.name ?? "input", type: typeOf(value) }));
  }

  get outputs(): Network["outputs"] {
    return this.outputValues.map(({ name, value }) => ({ name, type: typeOf(value) }));
  }

  get rows(): readonly SummaryRow[] {
    return this.built.summary();
  }

  get parameterCount(): number {
    let count = 0;
    for (const { spec } of this.built.parameters.values())
      if (spec.trainable !== false) count += spec.shape.reduce((product, extent) => product * extent, 1);
    return count;
  }

  get parameters(): ReadonlyMap<string, Variable> {
    void this.built;
    return this.#store.all();
  }

  variableAt(path: string): Variable {
    void this.built;
    return this.#store.get(path);
  }

  initialize(seed: number): void {
    void this.built;
    this.#store.initialize(seed);
  }

  reseed(seed: number): void {
    void this.built;
    this.#store.reseed(seed);
  }

  /** Another network of the same body with other hyperparameters. @throws LayerError for one it does not have. */
  with(hyperparameters: Readonly<Record<string, unknown>>): BuiltNetwork {
    const names = Object.keys(this.hyperparameters);
    for (const name of Object.keys(hyperparameters)) {
      if (names.includes(name)) continue;
      const meant = nearest(name, names);
      const has = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
      throw new LayerError(
        `${this.name} has no hyperparameter \`${name}\`${meant === null ? "" : `; did you mean \`${meant}\`?`} (${has})`,
        { code: "E026", argument: name },
      );
    }
    return new BuiltNetwork(this.#definition, { ...this.#given, ...hyperparameters });
  }

  called(values: unknown[]): unknown {
    const [first] = values;
    if (values.length === 1 && isOptions(first)) return this.#variant(first);
    if (first instanceof Flow) {
      const part = new NetworkPart(this, null, null);
      return part.applyToAll(values as Flow[], callSite(this as never));
    }
    if (values.length === 0) return this.#variant({});
    const stranger = values.find((value) => !(value instanceof Tensor));
    if (stranger !== undefined) {
      throw new LamellaError(
        `${this.name} is called with ${this.inputs.map(({ name }) => name).join(", ")} as tensors, or with hyperparameters by name, but ${describeValue(stranger)} arrived`,
      );
    }
    return this.predict(...(values as Tensor[]));
  }

  #variant(hyperparameters: Readonly<Record<string, unknown>>): BuiltNetwork {
    return this.with(hyperparameters);
  }

  /** The part up to a tap, usable as a layer: `VGG16[..stage[4].pool]`. @throws LamellaError when there is no such tap. */
  upTo(tap: string): NetworkPart {
    return new NetworkPart(this, null, tap);
  }

  /** The part behind a tap. @throws LamellaError when a skip connection crosses the cut. */
  from(tap: string): NetworkPart {
    return new NetworkPart(this, tap, null);
  }

  /** The part behind one tap, up to another. */
  between(from: string, to: string): NetworkPart {
    return new NetworkPart(this, from, to);
  }

  get rowText(): string {
    return this.name;
  }

  [asApplicable](): Applicable {
    return new NetworkPart(this, null, null);
  }

  /** The value a tap name stands for, extras included. @throws LamellaError with what was probably meant. */
  valueOfTap(name: string): Value {
    const { taps, extras } = this.built;
    const found = taps.get(name) ?? firstOf(extras.get(name));
    if (found !== undefined) return found;
    const all = [...taps.keys(), ...extras.keys()];
    const meant = nearest(name, all);
    const has = all.length === 0 ? "it has none: a row gets one by a label in front" : `it has ${listed(all)}`;
    throw new LayerError(`${this.name} has no tap \`${name}\`${meant === null ? "" : `; did you mean \`${meant}\`?`} (${has})`, {
      code: "E043",
    });
  }

  pathsOf(tap: string): readonly string[] {
    const { parameters, tapPaths } = this.built;
    const slice = /^(.*)\[\.\.(.*)\]$/.exec(tap) ?? /^()\.\.(.*)$/.exec(tap);
    const all = [...parameters.keys()];
    if (slice !== null) {
      const [, base = "", inner = ""] = slice;
      const end = this.valueOfTap(base === "" ? inner : `${base}.${inner}`);
      const prefix = base === "" ? "" : `${tapPaths.get(base) ?? base}/`;
      const reached = new Set(
        stepsTo([end]).flatMap((step) =>
          step.kind === "layer" ? step.use.specs.map((spec) => `${step.use.parameterPath}/${spec.name}`) : [],
        ),
      );
      return all.filter((path) => reached.has(path) && path.startsWith(prefix));
    }
    const path = tapPaths.get(tap) ?? tap;
    const under = all.filter((candidate) => candidate === path || candidate.startsWith(`${path}/`) || candidate.startsWith(`${path}[`));
    if (under.length === 0 && !tapPaths.has(tap) && !this.built.taps.has(tap)) void this.valueOfTap(tap);
    return under;
  }

  forward(inputs: readonly Tensor[], options: ForwardOptions): ForwardResult {
    this.#usable();
    const { environment, dims } = bindInputs(this.name, this.#inputs, inputs);
    const wanted = (options.taps ?? []).map((name) => ({ name, value: this.valueOfTap(name) }));
    const logits = this.#outputs.map(({ value }) => logitsOf(value));
    const ends = [...this.#outputs.map(({ value }) => value), ...wanted.map(({ value }) => value)];
    runSteps(this.name, ends, environment, dims, this.#store, options);
    const read = (value: Value): Tensor => environment.get(value.id) as Tensor;
    return {
      outputs: this.#outputs.map(({ value }) => read(value)),
      logits: logits.map((value) => (value === null ? null : read(value))),
      taps: Object.fromEntries(wanted.map(({ name, value }) => [name, read(value)])),
    };
  }

  #usable(): void {
    void this.built;
    if (this.#failed) throw new LamellaError(`${this.name} has mistakes and cannot run`);
  }

  predict(...inputs: Tensor[]): Tensor {
    this.#usable();
    this.#inference ??= compileForward(this);
    return runBatches(this.#inputs, inputs, (batch) => (this.#inference as CompiledForward).run(batch));
  }

  /** Every output for an input batch, by name. */
  predictAll(...inputs: Tensor[]): Readonly<Record<string, Tensor>> {
    this.#usable();
    const result = this.forward(withBatch(this.#inputs, inputs).tensors, { training: false });
    return Object.fromEntries(this.#outputs.map(({ name }, index) => [name, result.outputs[index] as Tensor]));
  }

  tap(name: string, ...inputs: Tensor[]): Tensor {
    this.#usable();
    const value = this.valueOfTap(name);
    const needed = this.#neededFor(value, inputs.length);
    const { tensors } = withBatch(needed, inputs);
    const { environment, dims } = bindInputs(this.name, needed, tensors);
    runSteps(this.name, [value], environment, dims, this.#store, { training: false });
    return environment.get(value.id) as Tensor;
  }

  /** The first inputs where they are all that a value comes of, else every input. */
  #neededFor(value: Value, given: number): readonly Value[] {
    const first = this.#inputs.slice(0, given);
    const used = new Set([value, ...stepsTo([value]).flatMap(({ inputs }) => inputs)]);
    return given > 0 && this.#inputs.every((input) => first.includes(input) || !used.has(input)) ? first : this.#inputs;
  }

  /** The token numbers of a text, as the first input takes them. @throws LamellaError when it takes none, or no vocabulary is known. */
  read(text: string): Tensor {
    const [input] = this.#inputs;
    const name = input?.name ?? "its input";
    if (input?.dtype !== "i32" || input.shape.length !== 1)
      throw new LamellaError(`${this.name} takes no text: ${name} is no row of token numbers (${name}: T int)`);
    const vocabulary = this.vocabularies[name];
    if (vocabulary === undefined) {
      throw new LamellaError(
        `${this.name} has no vocabulary for ${name}: train it on data that have one, or set ${this.name}.vocabularies = { ${name}: Vocabulary.of(texts) }`,
      );
    }
    const numbers = vocabulary.read(text);
    return new Tensor({ shape: [1, numbers.length], dtype: "i32" }, numbers);
  }

  get taps(): Readonly<Record<string, Tap>> {
    const { built } = this;
    this.#taps ??= nestTaps([...built.taps.keys(), ...built.extras.keys()], {
      typeOf: (name) => {
        const value = built.taps.get(name) ?? firstOf(built.extras.get(name));
        return value === undefined ? null : typeOf(value);
      },
      parametersUnder: (name) => this.pathsOf(name).map((path) => this.variableAt(path)),
      valueAt: (name, inputs) => this.tap(name, ...inputs),
      read: (text) => this.read(text),
    });
    return this.#taps;
  }

  /** The TypeScript that defines this network: the text that ran, not one made for showing. */
  get typescript(): string {
    const { name, declarations, body } = this.#definition;
    const list = Object.entries(declarations).map(
      ([key, declared]) => `${key}: ${declarationText(key in this.#given ? this.#given[key] : declared)}`,
    );
    return `const ${name} = lamella.net(\n  ${JSON.stringify(name)},\n  { ${list.join(", ")} },\n  ${body.toString()},\n);`;
  }

  weightsHash(): string {
    return hashOf(this.parameters);
  }

  /** The layers in the order of the rows, for exports and views. */
  get uses(): readonly Use[] {
    return stepsTo(this.outputValues.map(({ value }) => value)).flatMap((step) => (step.kind === "layer" ? [step.use] : []));
  }

  entryAt(path: string): ParameterEntry | undefined {
    return this.built.parameters.get(path);
  }
}

const typeOf = ({ shape, dtype }: FlowType): FlowType => ({ shape, dtype });

function firstOf(value: Value | readonly Value[] | undefined): Value | undefined {
  return Array.isArray(value) ? (value as readonly Value[])[0] : (value as Value | undefined);
}

/** Undefined for what cannot be known before hyperparameters without a default are given. */
function plainDefault(declared: unknown): unknown {
  return declared === required || declared instanceof DerivedDefault ? undefined : declared;
}

function listed(names: readonly string[]): string {
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 7).join(", ")} and ${names.length - 7} more`;
}

/** What a final softmax or sigmoid is applied to. */
function logitsOf({ step }: Value): Value | null {
  return step?.kind === "layer" && (step.use.definition.name === "softmax" || step.use.definition.name === "sigmoid") ? step.flow : null;
}

/** A single example is a batch of one. */
function withBatch(inputs: readonly Value[], tensors: readonly Tensor[]): { tensors: Tensor[]; single: boolean } {
  const single =
    tensors.length > 0 && tensors.every((tensor, index) => tensor instanceof Tensor && tensor.rank === inputs[index]?.shape.length);
  return {
    tensors: single ? tensors.map((tensor) => new Tensor({ shape: [1, ...tensor.shape], dtype: tensor.dtype }, tensor.data)) : [...tensors],
    single,
  };
}

function declarationText(declared: unknown): string {
  if (declared === required) return "lamella.required";
  if (declared instanceof InputShape)
    return `lamella.${declared.integer ? "tokens" : "shape"}(${declared.dims.map((dim: number | string) => JSON.stringify(dim)).join(", ")})`;
  if (declared instanceof DerivedDefault) return `lamella.derived(${declared.calculate.toString()})`;
  if (typeof declared === "function" && "blockName" in declared) return String(declared.blockName);
  return JSON.stringify(declared) ?? "undefined";
}

const largestBatch = 256;

/** Runs large batches in parts, so that memory stays bounded. */
function runBatches(inputs: readonly Value[], given: readonly Tensor[], run: (batch: readonly Tensor[]) => Tensor): Tensor {
  const { tensors, single } = withBatch(inputs, given);
  const size = tensors[0]?.shape[0] ?? 0;
  if (single) {
    const result = run(tensors);
    return new Tensor({ shape: result.shape.slice(1), dtype: result.dtype }, result.data);
  }
  if (size <= largestBatch) return run(tensors);
  const parts: Tensor[] = [];
  for (let start = 0; start < size; start += largestBatch) {
    const end = Math.min(size, start + largestBatch);
    parts.push(
      run(tensors.map((tensor) => slice(tensor, [start, ...tensor.shape.slice(1).map(() => 0)], [end, ...tensor.shape.slice(1)]))),
    );
  }
  return concat(parts, 0);
}
