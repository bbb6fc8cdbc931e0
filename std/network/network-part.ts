import type { Dim, FlowType } from "../layers/definition.js";
import { substituteDim } from "../layers/dimensions.js";
import { LayerError } from "../layers/layer-error.js";
import { Applicable } from "./applicable.js";
import { currentBuilder, type Place } from "./builder.js";
import type { BuiltNetwork } from "./built-network.js";
import { bindShape, InputShape } from "./declaration.js";
import { Flow } from "./flow.js";
import { stepsTo, type Value } from "./program.js";
import type { Site } from "./site.js";

/** A network, or the part of it between two taps, as a layer of another network. The weights are the network's own. */
export class NetworkPart extends Applicable {
  readonly network: BuiltNetwork;
  readonly fromTap: string | null;
  readonly toTap: string | null;

  constructor(network: BuiltNetwork, fromTap: string | null, toTap: string | null) {
    super();
    this.network = network;
    this.fromTap = fromTap;
    this.toTap = toTap;
    // A tap that is not there is a mistake where it is written, not where the part is used.
    if (network.complete && fromTap !== null) void network.valueOfTap(fromTap);
    if (network.complete && toTap !== null) void network.valueOfTap(toTap);
  }

  get rowText(): string {
    const { name } = this.network;
    return this.fromTap === null && this.toTap === null ? name : `${name}[${this.fromTap ?? ""}..${this.toTap ?? ""}]`;
  }

  applyTo(flow: Flow, place: Place): Flow {
    return this.#apply([flow], place);
  }

  /** A network of several inputs is called with all of them. */
  applyToAll(flows: readonly Flow[], site: Site | null): Flow {
    return this.#apply(flows, { site });
  }

  #apply(flows: readonly Flow[], place: Place): Flow {
    const builder = currentBuilder(this.network.name);
    if (flows.some((flow) => flow.broken)) return new Flow(null);
    if (this.network.failed) {
      // Its mistakes are reported where they are.
      builder.damaged = true;
      return new Flow(null);
    }
    const involved = flows.map((flow) => flow.value as Value);
    try {
      return this.#inline(involved);
    } catch (error) {
      builder.fail(error, place, involved);
      return new Flow(null);
    }
  }

  #inline(given: readonly Value[]): Flow {
    const { network } = this;
    const builder = currentBuilder(network.name);
    const entries = this.fromTap === null ? network.inputValues : [network.valueOfTap(this.fromTap)];
    if (given.length !== entries.length) {
      throw new LayerError(
        `${network.name} takes ${entries.length} tensors (${entries.map((value) => value.name).join(", ")}), but ${given.length} arrived`,
        { code: "E039" },
      );
    }
    const dims = new Map<string, Dim>();
    for (const [index, entry] of entries.entries()) {
      const declared = new InputShape(
        entry.shape.map((dim) => (typeof dim === "number" ? dim : dim.text)),
        entry.dtype === "i32",
      );
      bindShape(network.name, declared, given[index] as Value, dims);
    }
    const end = this.#end();
    const steps = this.#steps(entries, end);
    const rename = (type: FlowType): FlowType => ({ shape: type.shape.map((dim) => substituteDim(dim, dims)), dtype: type.dtype });
    const start = new Map(entries.map((entry, index) => [entry.id, given[index] as Value]));
    let prefix = "";
    const mapped = builder.within(network, network.name, () => {
      prefix = builder.pathNow;
      return builder.inline(steps, start, prefix, rename, (path) => {
        const entry = network.entryAt(path);
        return entry === undefined ? null : { path, entry, network };
      });
    });
    for (const [name, value] of network.built.taps) {
      const copy = mapped.get(value.id);
      if (copy !== undefined && !start.has(value.id)) builder.innerTap(name, copy, `${prefix}/${network.built.tapPaths.get(name) ?? name}`);
    }
    return new Flow(mapped.get(end.id) ?? null);
  }

  #end(): Value {
    const { network, toTap } = this;
    if (toTap !== null) return network.valueOfTap(toTap);
    const [first, ...more] = network.outputValues;
    if (first === undefined) throw new LayerError(`${network.name} has mistakes and cannot be used`, { code: "E044" });
    if (more.length > 0) {
      throw new LayerError(
        `${network.name} has several outputs (${network.outputValues.map(({ name }) => name).join(", ")}): use one of its taps, as in ${network.name}[..${first.name}]`,
        {
          code: "E044",
        },
      );
    }
    return first.value;
  }

  /** The steps between the entries and the end. @throws LayerError when the part needs a value made before its start. */
  #steps(entries: readonly Value[], end: Value): ReturnType<typeof stepsTo> {
    const steps = stepsTo([end]);
    if (this.fromTap === null) return steps;
    const ids = new Set(entries.map((entry) => entry.id));
    const before = new Set(stepsTo(entries));
    const behind = steps.filter((step) => !before.has(step));
    const made = new Set([
      ...ids,
      ...behind.flatMap((step) => [
        step.output.id,
        ...(step.kind === "layer"
          ? Object.values(step.extras)
              .flat()
              .map((value) => value.id)
          : []),
      ]),
    ]);
    for (const step of behind) {
      const crossing = step.inputs.find((input) => !made.has(input.id));
      if (crossing === undefined) continue;
      const name = this.#nameOf(crossing);
      throw new LayerError(`${this.rowText} cuts a skip connection: ${name} is made before ${this.fromTap} and used after it`, {
        code: "E045",
        hint: `start the part at ${name}, or before it`,
      });
    }
    return behind;
  }

  #nameOf(value: Value): string {
    for (const [name, candidate] of this.network.built.taps) if (candidate.id === value.id) return `\`${name}\``;
    return value.name === undefined
      ? `a value of ${value.shape.map((dim) => (typeof dim === "number" ? dim : dim.text)).join("x")}`
      : `\`${value.name}\``;
  }
}
