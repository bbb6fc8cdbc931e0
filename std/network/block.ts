import type { Dim } from "../layers/definition.js";
import { LayerError } from "../layers/layer-error.js";
import { Applicable, asApplicable } from "./applicable.js";
import { currentBuilder, type Place } from "./builder.js";
import { bindShape, defaultValue, dimensionValue, InputShape, required, type BodyValues, type Declarations } from "./declaration.js";
import { splitOptions, writeCall, writeValue } from "./describe.js";
import { Flow } from "./flow.js";
import type { Value } from "./program.js";
import { callSite, type Site } from "./site.js";
import { layersOfBody, type Layers } from "./toolkit.js";

/** A block: called with its values it gives something to put on a row; each use has weights of its own. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Block {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  (...values: any[]): Applicable;
  readonly blockName: string;
  readonly declarations: Declarations;
}

/**
 * Declares a block: a macro whose body is run anew, with fresh weights, wherever it is used.
 * @param declarations its tensors (`shape("T", "D")`) and hyperparameters (their defaults, or `required`), in order. The flow
 *   it is applied to is `x`, whether declared or not.
 * @param body gives the flow the block ends with.
 */
export function block<D extends Declarations>(
  name: string,
  declarations: D,
  body: (values: BodyValues<D> & { readonly x: Flow }, layers: Layers) => Flow,
): Block {
  const call = (...values: readonly unknown[]): Applicable => new BlockUse(definition, values, callSite(call));
  const definition: BlockDefinition = { name, declarations, body };
  return Object.assign(call, {
    blockName: name,
    declarations,
    rowText: name,
    /** A block without values, as a row or as an argument. */
    [asApplicable]: () => new BlockUse(definition, [], null),
  });
}

interface BlockDefinition {
  readonly name: string;
  readonly declarations: Declarations;
  readonly body: (values: never, layers: Layers) => Flow;
}

/** A block with its values. Used twice, this same object shares its weights. */
class BlockUse extends Applicable {
  readonly #definition: BlockDefinition;
  readonly #values: readonly unknown[];
  readonly #site: Site | null;

  constructor(definition: BlockDefinition, values: readonly unknown[], site: Site | null) {
    super();
    this.#definition = definition;
    this.#values = values;
    this.#site = site;
  }

  get rowText(): string {
    const { positional, named } = splitOptions(this.#values);
    return writeCall(this.#definition.name, positional, named);
  }

  applyTo(flow: Flow, outer: Place): Flow {
    const { name } = this.#definition;
    const builder = currentBuilder(name);
    const place: Place = this.#site === null ? outer : { site: this.#site };
    if (flow.broken) return flow;
    let values: Record<string, unknown>;
    try {
      values = this.#bind(flow);
    } catch (error) {
      builder.fail(error, place, flow.value === null ? [] : [flow.value]);
      return new Flow(null);
    }
    if (Object.values(values).some((value) => value instanceof Flow && value.broken)) return new Flow(null);
    builder.bind(name, values);
    try {
      return builder.within(this, name, () =>
        builder.nested({ kind: "block", name, index: null, values: "", site: place.site }, () => {
          const result = this.#definition.body(values as never, layersOfBody);
          return result instanceof Flow ? result : flow;
        }),
      );
    } catch (error) {
      builder.fail(error, place);
      return new Flow(null);
    }
  }

  /** The values by the names of the declarations. @throws LayerError. */
  #bind(x: Flow): Record<string, unknown> {
    const { name, declarations } = this.#definition;
    const { positional, named } = splitOptions(this.#values);
    const names = Object.keys(declarations).filter((parameter) => parameter !== "x");
    if (positional.length > names.length) {
      throw new LayerError(
        `\`${name}\` takes ${names.length === 0 ? "no values" : `${names.length} (${names.join(", ")})`}, but ${positional.length} arrived`,
        { code: "E023" },
      );
    }
    const values: Record<string, unknown> = { x };
    for (const [index, value] of positional.entries()) values[names[index] as string] = value;
    for (const [parameter, value] of Object.entries(named)) {
      if (!names.includes(parameter)) {
        throw new LayerError(`\`${name}\` has no parameter \`${parameter}\` (it has ${names.join(", ")})`, {
          code: "E026",
          argument: parameter,
        });
      }
      if (parameter in values) throw new LayerError(`\`${name}\` was given ${parameter} twice`, { code: "E025", argument: parameter });
      values[parameter] = value;
    }
    const bound = new Map<string, Dim>();
    for (const parameter of names) {
      if (!(parameter in values)) {
        if (declarations[parameter] === required || declarations[parameter] instanceof InputShape) {
          throw new LayerError(`\`${name}\` needs ${parameter}`, {
            code: "E022",
            argument: parameter,
            hint: `it is written ${name} ${names.join(", ")}`,
          });
        }
        values[parameter] = defaultValue(declarations[parameter], values);
      }
      const value = values[parameter];
      if (typeof value === "number") bound.set(parameter, value);
    }
    for (const [parameter, declared] of Object.entries(declarations)) {
      if (!(declared instanceof InputShape)) continue;
      const value = values[parameter];
      if (!(value instanceof Flow)) {
        throw new LayerError(`\`${name}\`: ${parameter} is a tensor, but ${writeValue(value)} arrived`, {
          code: "E021",
          argument: parameter,
        });
      }
      if (!value.broken) bindAs(name, parameter, declared, value.value as Value, bound);
      values[parameter] = value.rowText === parameter ? value : named_(value, parameter);
    }
    for (const [dimension, extent] of bound) values[dimension] ??= dimensionValue(extent);
    return values;
  }
}

function bindAs(block: string, parameter: string, declared: InputShape, value: Value, bound: Map<string, Dim>): void {
  try {
    bindShape(`\`${parameter}\` of ${block}`, declared, value, bound);
  } catch (error) {
    if (error instanceof LayerError && parameter !== "x") {
      throw new LayerError(error.message, { code: error.code, hint: error.hint, argument: parameter });
    }
    throw error;
  }
}

function named_(flow: Flow, name: string): Flow {
  return new Flow(flow.value, name);
}
