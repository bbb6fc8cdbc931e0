import { checkArguments } from "../layers/arguments.js";
import type { ArgumentSpec, LayerArguments, LayerDefinition } from "../layers/definition.js";
import type { FlowType, TiedLayer } from "../layers/definition.js";
import { LayerError } from "../layers/layer-error.js";
import type { Place } from "./builder.js";
import { currentBuilder } from "./builder.js";
import { writeCall } from "./describe.js";
import { Flow } from "./flow.js";
import type { Value } from "./program.js";
import type { Site } from "./site.js";

/** What may stand on a row: a layer value, several in a row, a block with its values, a network or a part of one. */
export abstract class Applicable {
  /** As the layer language writes it. */
  abstract readonly rowText: string;
  /** Applies it to a flow of the network being built; a mistake is recorded there and gives a broken flow. */
  abstract applyTo(flow: Flow, place: Place): Flow;
}

/** The applicable a value of a row is; null when it is none. Networks and blocks say so themselves. */
export function toApplicable(item: unknown): Applicable | null {
  if (item instanceof Applicable) return item;
  if ((typeof item === "object" || typeof item === "function") && item !== null && asApplicable in item) {
    return (item as { [asApplicable](): Applicable })[asApplicable]();
  }
  return null;
}

/** Under this symbol a value that is more than an applicable (a network, a block without values) gives one. */
export const asApplicable: unique symbol = Symbol("applicable");

/** A layer with its values: one set of weights, shared by all places that use this same object. */
export class Layer extends Applicable implements TiedLayer {
  readonly definition: LayerDefinition;
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
  readonly site: Site | null;
  /** Set when it is first used. */
  input?: FlowType;
  #args: LayerArguments | null = null;

  constructor(definition: LayerDefinition, positional: readonly unknown[], named: Readonly<Record<string, unknown>>, site: Site | null) {
    super();
    this.definition = definition;
    this.positional = positional;
    this.named = named;
    this.site = site;
  }

  get rowText(): string {
    return writeCall(this.definition.name, this.positional, this.named);
  }

  /** The checked arguments, with flows as they are; known after the first use, or without a net's defaults. */
  get args(): LayerArguments {
    return this.#args ?? checkArguments(this.definition, this.positional, this.named);
  }

  applyTo(flow: Flow, place: Place): Flow {
    const builder = currentBuilder(this.definition.name);
    const at: Place = this.site === null ? place : { site: this.site };
    let args: LayerArguments;
    try {
      const { definition } = this;
      const named = { ...applyingDefaults(definition, builder.defaults, this.positional.length, this.named), ...this.named };
      for (const name of Object.keys(builder.defaults))
        if (definition.arguments.some((spec) => takesDefault(spec, name))) builder.usedDefaults.add(name);
      for (const spec of definition.arguments) {
        const value = named[spec.name];
        if (spec.kind === "tensor" && value instanceof PendingFlow) named[spec.name] = value.resolve(flow, at);
      }
      const positional = this.positional.map((value) => (value instanceof PendingFlow ? value.resolve(flow, at) : value));
      const broken = [...positional, ...Object.values(named)].some(isBroken);
      if (flow.broken || broken) {
        if (!broken) checkArguments(definition, positional, named);
        return new Flow(null);
      }
      requireValues(definition, positional, named);
      args = toValues(checkArguments(definition, positional, named));
    } catch (error) {
      builder.fail(error, at, flow.value === null ? [] : [flow.value]);
      return new Flow(null);
    }
    this.#args = args;
    const value = builder.layer(this, this.definition, args, flow.value as Value, at);
    if (value !== null) this.input ??= flow.value as Value;
    return new Flow(value);
  }
}

/** What a name or a place in a list without a value gives. @throws LayerError E021. */
function requireValues(definition: LayerDefinition, positional: readonly unknown[], named: Readonly<Record<string, unknown>>): void {
  const places = definition.arguments.filter((spec) => spec.positional === true);
  const index = positional.indexOf(undefined);
  const missing =
    index === -1 ? Object.entries(named).find(([, value]) => value === undefined)?.[0] : (places[index] ?? places.at(-1))?.name;
  if (missing === undefined) return;
  throw new LayerError(`\`${definition.name}\`: what is given as ${missing} has no value`, {
    code: "E021",
    argument: missing,
    hint: "a list may have fewer places than names, or a value no such member",
  });
}

/** Options set by `default` for the arguments a layer has and the row does not give. */
function applyingDefaults(
  definition: LayerDefinition,
  defaults: Readonly<Record<string, unknown>>,
  positionalCount: number,
  named: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const places = definition.arguments.filter((spec) => spec.positional === true);
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(defaults)) {
    const spec = definition.arguments.find((candidate) => takesDefault(candidate, name));
    if (spec === undefined || name in named) continue;
    const place = places.indexOf(spec);
    if (place === -1 || place >= positionalCount) found[name] = value;
  }
  return found;
}

/** An option of the same name that is a tensor means something else: the `init` of an lstm is its first state. */
function takesDefault(spec: ArgumentSpec, name: string): boolean {
  return spec.name === name && spec.kind !== "tensor";
}

function isBroken(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isBroken);
  // A number calculated from a broken flow is none.
  if (Number.isNaN(value)) return true;
  return ((typeof value === "object" && value !== null) || typeof value === "function") && (value as { broken?: unknown }).broken === true;
}

/** Arguments with the values of flows in their place: what the recorded program keeps. */
function toValues(args: LayerArguments): LayerArguments {
  const visit = (argument: unknown): unknown => {
    if (argument instanceof Flow) return argument.value;
    return Array.isArray(argument) ? argument.map(visit) : argument;
  };
  return Object.fromEntries(Object.entries(args).map(([name, argument]) => [name, visit(argument)]));
}

/**
 * A layer applied to a tensor inside the arguments of a row, one of whose options is that row's flow: `concat crop(d4)`
 * crops d4 to the size of what `concat` is applied to, which is not known before.
 */
export class PendingFlow {
  readonly layer: LayerDefinition;
  readonly from: Flow;
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
  readonly site: Site | null;
  readonly #option: string;

  constructor(
    definition: LayerDefinition,
    option: string,
    from: Flow,
    positional: readonly unknown[],
    named: Readonly<Record<string, unknown>>,
    site: Site | null,
  ) {
    this.layer = definition;
    this.from = from;
    this.positional = positional;
    this.named = named;
    this.site = site;
    this.#option = option;
  }

  get rowText(): string {
    return `${this.layer.name}(${this.from.rowText})`;
  }

  /** Arguments are checked before they are resolved: as a tensor, this has the type of what it is made of. */
  get shape(): Flow["shape"] {
    return this.from.shape;
  }

  get dtype(): Flow["dtype"] {
    return this.from.dtype;
  }

  resolve(flow: Flow, place: Place): Flow {
    if (flow.broken || this.from.broken) return new Flow(null);
    const layer = new Layer(this.layer, this.positional, { ...this.named, [this.#option]: flow }, this.site ?? place.site);
    return new Flow(layer.applyTo(this.from, place).value, this.rowText);
  }
}

/** Several layers as one value: `let tower = conv 64, 10x10 | relu`. */
export class Chain extends Applicable {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    super();
    this.items = items;
  }

  get rowText(): string {
    return this.items.map((item) => toApplicable(item)?.rowText ?? "?").join(" | ");
  }

  applyTo(flow: Flow, place: Place): Flow {
    const builder = currentBuilder("chain");
    return builder.within(this, "chain", () => {
      let current = flow;
      for (const item of this.items) {
        const applicable = toApplicable(item);
        if (applicable === null) {
          builder.report({ code: "E051", message: "this is not a layer", place });
          return new Flow(null);
        }
        current = applicable.applyTo(current, place);
      }
      return current;
    });
  }
}

/** Layers one after the other as one layer value with one set of weights. */
export function chain(...items: readonly unknown[]): Chain {
  return new Chain(items);
}
