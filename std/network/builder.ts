import { LamellaError } from "../errors.js";
import type { Dim, FlowType, LayerArguments, LayerDefinition, ParameterSpec } from "../layers/definition.js";
import { countParameters } from "../layers/registry.js";
import { LayerError } from "../layers/layer-error.js";
import { isDescribed, writeValue } from "./describe.js";
import type { ChainLink, FailedPart, Failure } from "./failure.js";
import { inferFormula, type FormulaOperator } from "./formula.js";
import type { Claim, SummaryRow } from "./network.js";
import { replaceValues, stepsTo, Value, valuesIn, type FormulaStep, type LayerStep, type Use } from "./program.js";
import type { Site } from "./site.js";
import { copyPlace, rememberPlace } from "./step-places.js";

/** A row while it is built; claims are added after it was made. */
export interface DraftRow {
  readonly label: string;
  readonly text: string;
  readonly path: readonly string[];
  /** What flows into it; null where an earlier mistake has broken the flow. */
  readonly input: FlowType | null;
  output: FlowType;
  parameters: number;
  readonly claims: Claim[];
  readonly notes: string[];
  readonly layers: Use[];
  readonly site: Site | null;
}

/** A parameter of the network: what it is, and whose it is. */
export interface ParameterEntry {
  readonly path: string;
  readonly spec: ParameterSpec;
  readonly use: Use;
  /** Set for the parameters of a network used inside this one: the other network's own. */
  readonly owner: { readonly path: string; readonly entry: ParameterEntry; readonly network: unknown } | null;
}

interface Scope {
  readonly path: string;
  readonly counters: Map<string, number>;
  readonly sharing: boolean;
}

/** Where mistakes are reported: in which call, and which part of it. */
export interface Place {
  readonly site: Site | null;
  readonly part?: FailedPart;
}

/** Depth at which recursion of blocks is taken to be endless. */
const depthLimit = 64;

/**
 * Runs the body of a network on shapes alone and records what it does: the steps, the rows of the summary, the
 * parameters, the taps, and every mistake. The recorded steps are what later runs on tensors.
 */
export class Builder {
  readonly network: string;
  readonly values: Value[] = [];
  readonly rows: DraftRow[] = [];
  readonly taps = new Map<string, Value>();
  /** Values that layers give beside the flow, by the same kind of name: `enc.state`, `memory[5].attention`. */
  readonly extras = new Map<string, Value | readonly Value[]>();
  readonly parameters = new Map<string, ParameterEntry>();
  /** Paths of the parameters made under a tap or label: what `freeze` and `.weights` look up. */
  readonly tapPaths = new Map<string, string>();
  /** What the names in the headers of the net and its blocks stood for, as the layer language writes it: for the editor. */
  readonly bindings = new Map<string, Map<string, Set<string>>>();
  readonly failures: Failure[] = [];
  /** True when rows were left out because of mistakes that are reported elsewhere: then the network cannot be used. */
  damaged = false;
  readonly chain: ChainLink[] = [];
  defaults: Readonly<Record<string, unknown>> = {};
  readonly usedDefaults = new Set<string>();
  /** The output of the last row, to tell rows that go on from rows that restart. */
  lastOutput: Value | null = null;

  #nextId = 0;
  #scopes: Scope[] = [{ path: "", counters: new Map(), sharing: false }];
  #labels: string[] = [];
  readonly #shared = new Map<object, string>();
  readonly #usesByLayer = new Map<object, Use>();
  #trainable = 0;
  #mark = 0;
  #pendingLayers: Use[] = [];
  #openRows: DraftRow[] = [];

  constructor(network: string) {
    this.network = network;
  }

  input(type: FlowType): Value {
    return this.#value(type, null);
  }

  #value(type: FlowType, step: Value["step"]): Value {
    const value = new Value(this.#nextId++, type, step);
    this.values.push(value);
    return value;
  }

  /** Applies a layer. Gives null, after recording the mistake, when it does not fit. */
  layer(identity: object, definition: LayerDefinition, args: LayerArguments, flow: Value, place: Place): Value | null {
    try {
      return this.#layer(identity, definition, args, flow, place);
    } catch (error) {
      this.fail(error, place, [flow, ...Object.values(args).flatMap(valuesIn)]);
      return null;
    }
  }

  #layer(identity: object, definition: LayerDefinition, args: LayerArguments, flow: Value, { site }: Place): Value {
    const { output, extras, note } = definition.infer(flow, args);
    const specs = definition.parameters?.(flow, args) ?? [];
    const known = this.#shared.get(identity);
    const path = this.#freshPath(definition.name);
    const parameterPath = known ?? path;
    if (known === undefined && !this.#scope.sharing) this.#shared.set(identity, path);
    const tie = args["tie"] as object | undefined;
    const use: Use = {
      definition,
      args,
      path,
      input: flow,
      output,
      parameterCount: countParameters(specs),
      specs,
      parameterPath,
      tied: tie === undefined ? null : (this.#usesByLayer.get(tie) ?? null),
    };
    rememberPlace(use, { site, chain: [...this.chain].reverse() });
    for (const spec of specs) this.#parameter(`${parameterPath}/${spec.name}`, spec, use);
    this.#usesByLayer.set(identity, use);

    const inputs = [...(definition.source === true ? [] : [flow]), ...Object.values(args).flatMap(valuesIn)];
    const step = { kind: "layer", use, flow, inputs } as unknown as LayerStep;
    step.output = this.#value(output, step);
    const made: Record<string, Value | readonly Value[]> = {};
    for (const [name, types] of Object.entries(extras ?? {})) {
      made[name] = Array.isArray(types)
        ? (types as FlowType[]).map((type) => this.#value(type, step))
        : this.#value(types as FlowType, step);
    }
    step.extras = made;
    this.#recordExtras(made);
    (this.#openRows.at(-1)?.layers ?? this.#pendingLayers).push(use);
    if (note !== undefined) this.#openRows.at(-1)?.notes.push(note);
    return step.output;
  }

  #recordExtras(made: Readonly<Record<string, Value | readonly Value[]>>): void {
    for (const [name, value] of Object.entries(made)) {
      const full = [...this.#labels, name].join(".");
      if (!this.extras.has(full)) this.extras.set(full, value);
    }
  }

  /** The layer that made a value, for its extras. */
  stepOf(value: Value): LayerStep | null {
    return value.step?.kind === "layer" ? value.step : null;
  }

  /** The place of a shared layer value's first use, for `tie=`. */
  firstUse(identity: object): Use | null {
    return this.#usesByLayer.get(identity) ?? null;
  }

  formula(operator: FormulaOperator, operands: readonly (Value | number)[], place: Place): Value | null {
    try {
      const type = inferFormula(operator, operands);
      const inputs = operands.filter((operand): operand is Value => operand instanceof Value);
      const step = { kind: "formula", operator, operands, inputs, path: this.#scope.path } as unknown as FormulaStep;
      rememberPlace(step, { site: place.site, chain: [...this.chain].reverse() });
      step.output = this.#value(type, step);
      return step.output;
    } catch (error) {
      this.fail(error, place, operands);
      return null;
    }
  }

  /** Notes the values of a header; tensors are shown by their rows. */
  bind(owner: string, values: Readonly<Record<string, unknown>>): void {
    const names = this.bindings.get(owner) ?? new Map<string, Set<string>>();
    this.bindings.set(owner, names);
    for (const [name, value] of Object.entries(values)) {
      const text = isDescribed(value) && "value" in value ? name : writeValue(value);
      if (text !== name) names.set(name, (names.get(name) ?? new Set<string>()).add(text));
    }
  }

  /** Takes over steps of another network, applied to other values. Gives the new value of each old one's id. */
  inline(
    steps: readonly (LayerStep | FormulaStep)[],
    given: ReadonlyMap<number, Value>,
    prefix: string,
    rename: (type: FlowType) => FlowType,
    ownerOf: (path: string) => ParameterEntry["owner"],
  ): Map<number, Value> {
    const mapped = new Map(given);
    const replace = (value: Value): Value => mapped.get(value.id) ?? value;
    for (const old of steps) {
      if (old.kind === "formula") {
        const operands = old.operands.map((operand) => (typeof operand === "number" ? operand : replace(operand)));
        const step = { ...old, operands, inputs: old.inputs.map(replace) };
        copyPlace(old, step);
        step.output = this.#value(rename(old.output), step);
        mapped.set(old.output.id, step.output);
        continue;
      }
      const path = `${prefix}/${old.use.path}`;
      const parameterPath = `${prefix}/${old.use.parameterPath}`;
      const use: Use = {
        ...old.use,
        path,
        parameterPath,
        args: replaceValues(old.use.args, replace),
        input: replace(old.flow),
        output: rename(old.use.output),
      };
      copyPlace(old.use, use);
      for (const spec of use.specs)
        this.#parameter(`${parameterPath}/${spec.name}`, spec, use, ownerOf(`${old.use.parameterPath}/${spec.name}`));
      const step: LayerStep = { ...old, use, flow: replace(old.flow), inputs: old.inputs.map(replace) };
      step.output = this.#value(rename(old.output), step);
      mapped.set(old.output.id, step.output);
      const extras: Record<string, Value | readonly Value[]> = {};
      const copy = (value: Value): Value => {
        const copied = this.#value(rename(value), step);
        mapped.set(value.id, copied);
        return copied;
      };
      for (const [name, values] of Object.entries(old.extras))
        extras[name] = Array.isArray(values) ? (values as Value[]).map(copy) : copy(values as Value);
      step.extras = extras;
      (this.#openRows.at(-1)?.layers ?? this.#pendingLayers).push(use);
    }
    return mapped;
  }

  #parameter(path: string, spec: ParameterSpec, use: Use, owner: ParameterEntry["owner"] = null): void {
    const known = this.parameters.get(path);
    if (known !== undefined) {
      if (known.spec.shape.length === spec.shape.length && known.spec.shape.every((extent, axis) => extent === spec.shape[axis])) return;
      throw new LayerError(
        `these weights are shared, but ${spec.name} is ${known.spec.shape.join("x")} where it was first used and would be ${spec.shape.join("x")} here`,
        { code: "E036", hint: "write the layer out where it is used to get weights of its own" },
      );
    }
    this.parameters.set(path, { path, spec, use, owner });
    if (spec.trainable !== false) this.#trainable += spec.shape.reduce((product, extent) => product * extent, 1);
  }

  get #scope(): Scope {
    return this.#scopes.at(-1) as Scope;
  }

  #freshPath(name: string): string {
    const { path, counters } = this.#scope;
    const count = (counters.get(name) ?? 0) + 1;
    counters.set(name, count);
    const own = count === 1 ? name : `${name}.${count}`;
    return path === "" ? own : `${path}/${own}`;
  }

  /** Runs `body` with parameters under a path of their own; a second use of the same `identity` finds the first one's again. */
  within<T>(identity: object | null, name: string, body: () => T): T {
    const known = identity === null ? undefined : this.#shared.get(identity);
    const path = known ?? this.#freshPath(name);
    if (identity !== null && known === undefined) this.#shared.set(identity, path);
    this.#scopes.push({ path, counters: new Map(), sharing: known !== undefined || this.#scope.sharing });
    try {
      return body();
    } finally {
      this.#scopes.pop();
    }
  }

  /** Runs `body` under a label: taps inside are `label.name`, parameters `label/name`. */
  labelled<T>(label: string | null, body: () => T, suffix = ""): T {
    if (label === null) return body();
    this.#labels.push(label + suffix);
    try {
      return this.within(null, label + suffix, () => {
        const full = this.#labels.join(".");
        if (!this.tapPaths.has(full)) this.tapPaths.set(full, this.#scope.path);
        return body();
      });
    } finally {
      this.#labels.pop();
    }
  }

  /** Makes `value` known under the label for looking at it from outside. */
  tap(label: string, value: Value): void {
    const full = [...this.#labels, label].join(".");
    let name = full;
    // A label inside a repetition that has none itself: later ones are counted.
    for (let count = 2; this.taps.has(name); count++) name = `${full}.${count}`;
    this.taps.set(name, value);
  }

  /** A tap of a network used inside this one, under the label it stands under here. */
  innerTap(name: string, value: Value, path: string): void {
    const full = [...this.#labels, name].join(".");
    if (!this.taps.has(full)) this.taps.set(full, value);
    if (!this.tapPaths.has(full)) this.tapPaths.set(full, path);
  }

  /** The path parameters are made under now. */
  get pathNow(): string {
    return this.#scope.path;
  }

  /** Opens a row of the summary; what is applied until `closeRow` stands on it. */
  openRow(label: string, text: string, site: Site | null, input: Value | null): DraftRow {
    const path = this.chain
      .slice(1)
      .map((link) => (link.kind === "repeat" ? `${link.name === "" ? "repeat" : link.name}[${link.index ?? 0}]` : link.name));
    const row: DraftRow = {
      label,
      text,
      path,
      input: input === null ? null : { shape: input.shape, dtype: input.dtype },
      output: { shape: [], dtype: "f32" },
      parameters: 0,
      claims: [],
      notes: [],
      layers: this.#pendingLayers,
      site,
    };
    this.#pendingLayers = [];
    this.rows.push(row);
    this.#openRows.push(row);
    return row;
  }

  closeRow(row: DraftRow, output: Value | null): void {
    this.#openRows.pop();
    if (output !== null) row.output = { shape: output.shape, dtype: output.dtype };
    row.parameters = this.#trainable - this.#mark;
    this.#mark = this.#trainable;
    this.lastOutput = output;
  }

  /** Runs the body of a block or repetition: its rows count for themselves, and the row around it counts them all. */
  nested<T>(link: ChainLink, body: () => T): T {
    const mark = this.#mark;
    const { defaults } = this;
    const pending = this.#pendingLayers;
    this.#pendingLayers = [];
    this.chain.push(link);
    const openRows = this.#openRows;
    this.#openRows = [];
    try {
      if (this.chain.length > depthLimit) {
        throw new LayerError(`${link.name} calls itself without end: ${depthLimit} calls deep`, {
          code: "E037",
          hint: "an `if` must end the recursion",
        });
      }
      this.#mark = this.#trainable;
      return body();
    } finally {
      this.#openRows = openRows;
      this.chain.pop();
      this.#pendingLayers = pending;
      this.defaults = defaults;
      this.#mark = mark;
    }
  }

  get trainableCount(): number {
    return this.#trainable;
  }

  /** Records a mistake; errors that are not about the network are thrown on. */
  fail(error: unknown, place: Place, involved: readonly unknown[] = []): void {
    if (!(error instanceof LamellaError)) throw error;
    const argument = error instanceof LayerError ? error.argument : null;
    const part: FailedPart = argument === null ? (place.part ?? { kind: "call" }) : { kind: "argument", name: argument };
    this.report({
      code: error.code,
      message: error.message,
      hint: error instanceof LayerError ? error.hint : "",
      place: { site: place.site, part },
      involved,
    });
  }

  report(mistake: { code: string; message: string; hint?: string; place: Place; involved?: readonly unknown[] }): void {
    const { code, message, hint = "", place, involved = [] } = mistake;
    const part = place.part ?? { kind: "call" };
    const same = this.failures.some(
      (other) =>
        other.code === code &&
        other.message === message &&
        sameSite(other.site, place.site) &&
        JSON.stringify(other.part) === JSON.stringify(part),
    );
    if (same) return;
    const related: { site: Site; message: string }[] = [];
    for (const value of involved) {
      const origin = value instanceof Value ? this.#originOf(value) : null;
      if (origin !== null && !related.some((other) => sameSite(other.site, origin.site))) related.push(origin);
    }
    this.failures.push({ code, message, hint, site: place.site, part, related, chain: [...this.chain].reverse() });
  }

  /** Values whose shape is not what was claimed. */
  readonly misclaimed = new Set<number>();

  /** Whether a value comes of one of these. */
  follows(value: Value, ids: ReadonlySet<number>): boolean {
    if (ids.size === 0) return false;
    return stepsTo([value]).some((step) => step.inputs.some((input) => ids.has(input.id)));
  }

  /** Where a value got its shape. */
  readonly origins = new Map<number, Site>();

  #originOf(value: Value): { site: Site; message: string } | null {
    const site = this.origins.get(value.id);
    if (site === undefined) return null;
    const extents = value.shape.map((dim) => (typeof dim === "number" ? String(dim) : dim.text)).join("x");
    return { site, message: value.name === undefined ? `here the flow became ${extents}` : `here \`${value.name}\` was made: ${extents}` };
  }

  summary(): SummaryRow[] {
    return this.rows.map(({ label, text, path, output, parameters, claims, notes, layers }) => ({
      label,
      text,
      path,
      output,
      parameters,
      claims,
      notes,
      layers,
    }));
  }
}

export function sameSite(a: Site | null, b: Site | null): boolean {
  return a === b || (a !== null && b !== null && a.file === b.file && a.line === b.line && a.column === b.column);
}

let current: Builder | null = null;

/** The network being built, for functions that are called inside its body. @throws LamellaError outside one. */
export function currentBuilder(who: string): Builder {
  if (current === null) throw new LamellaError(`${who} is only of use inside the body of a net or block`);
  return current;
}

/** Whether a network is being built. */
export function isBuilding(): boolean {
  return current !== null;
}

export function withBuilder<T>(builder: Builder, body: () => T): T {
  const outer = current;
  current = builder;
  try {
    return body();
  } finally {
    current = outer;
  }
}

export type { Dim };
