import type { FlowType } from "../layers/definition.js";
import type { Variable } from "../tensor/graph.js";
import type { Tensor } from "../tensor/tensor.js";
import type { TapHandle } from "./network.js";

/** What a tap needs of its network. */
export interface TapSource {
  typeOf(name: string): FlowType | null;
  parametersUnder(name: string): readonly Variable[];
  valueAt(name: string, inputs: readonly Tensor[]): Tensor;
  read(text: string): Tensor;
}

/**
 * A labelled place of a network seen from outside: `LeNet.c1`, `VGG16.stage[4].pool`. Taps inside it are its properties,
 * repetitions its numbered ones.
 */
export class Tap implements TapHandle {
  readonly name: string;
  readonly #source: TapSource;

  constructor(name: string, source: TapSource) {
    this.name = name;
    this.#source = source;
  }

  get type(): FlowType {
    return this.#source.typeOf(this.name) ?? { shape: [], dtype: "f32" };
  }

  get parameters(): readonly Variable[] {
    return this.#source.parametersUnder(this.name);
  }

  /** The first weights made under this tap. */
  get weights(): Tensor {
    return this.#parameter("weight");
  }

  get bias(): Tensor {
    return this.#parameter("bias");
  }

  #parameter(name: string): Tensor {
    const all = this.parameters;
    const found = all.find((variable) => variable.name.endsWith(`/${name}`)) ?? all[0];
    if (found === undefined) throw new Error(`${this.name} has no ${name}`);
    return found.value;
  }

  /** A text as its network reads it. */
  read(text: string): Tensor {
    return this.#source.read(text);
  }

  /** What flows here for an input batch; inputs that it does not come of may be left out at the end. */
  value(...inputs: Tensor[]): Tensor {
    return this.#source.valueAt(this.name, inputs);
  }
}

/** Taps by name, nested as their labels are: "stage[4].pool" stands at `stage[4].pool`. */
export function nestTaps(names: Iterable<string>, source: TapSource): Record<string, Tap> {
  const root: Record<string, Tap> = {};
  const place = (parent: object, key: string, full: string): Tap => {
    const holder = parent as Record<string, Tap | undefined>;
    const known = Object.hasOwn(holder, key) ? holder[key] : undefined;
    if (known !== undefined) return known;
    const made = new Tap(full, source);
    if (key in holder) return made;
    Object.defineProperty(holder, key, { value: made, enumerable: true });
    return made;
  };
  for (const name of names) {
    let parent: object = root;
    let full = "";
    for (const part of name.split(".")) {
      const [, label = "", index] = /^(.*?)(?:\[(\d+)\])?$/.exec(part) ?? [];
      full = full === "" ? label : `${full}.${label}`;
      parent = place(parent, label, full);
      if (index === undefined) continue;
      full = `${full}[${index}]`;
      parent = place(parent, index, full);
    }
  }
  return root;
}
