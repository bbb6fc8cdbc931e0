import type { DType, TensorType } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Message } from "./protobuf.js";

/** Numbers of ONNX's element types (TensorProto.DataType). */
export const elementTypes: Readonly<Record<DType, number>> = { f32: 1, f64: 11, i32: 6, u8: 2, bool: 9 };
const int64 = 7;

export type Attribute = number | { readonly float: number } | { readonly texts: readonly string[] } | string | readonly number[];

/** An ONNX graph while it is built: nodes, weights, inputs and outputs (onnx.proto, IR version 8, operator set 17). */
export class OnnxModel {
  readonly #nodes: Message[] = [];
  readonly #initializers: Message[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];
  readonly #lists = new Map<string, string>();
  #count = 0;

  /** Adds a node and gives the name of its output. @param inputs empty names are left-out inputs. */
  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.nodeOf(operator, inputs, 1, attributes)[0] as string;
  }

  /** Adds a node of several outputs and gives their names. */
  nodeOf(operator: string, inputs: readonly string[], outputs: number, attributes: Readonly<Record<string, Attribute>> = {}): string[] {
    const name = `${operator.toLowerCase()}_${++this.#count}`;
    const names = Array.from({ length: outputs }, (_, index) => (index === 0 ? name : `${name}_${index}`));
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    for (const output of names) node.text(2, output);
    node.text(3, name).text(4, operator);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    this.#nodes.push(node);
    return names;
  }

  /** Numbers that are part of the model. */
  initializer(name: string, value: Tensor, shape: readonly number[] = value.shape): string {
    const { data } = value;
    this.#initializers.push(tensor(name, shape, elementTypes[value.dtype], new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
    return name;
  }

  /** A list of whole numbers as an input of a node (a shape, axes); equal lists are one. */
  list(values: readonly number[]): string {
    const key = values.join(",");
    let name = this.#lists.get(key);
    if (name === undefined) {
      name = `list_${this.#lists.size + 1}`;
      this.#lists.set(key, name);
      this.#initializers.push(tensor(name, [values.length], int64, new Uint8Array(BigInt64Array.from(values, BigInt).buffer)));
    }
    return name;
  }

  input(name: string, type: TensorType): string {
    this.#inputs.push(valueInfo(name, type));
    return name;
  }

  output(name: string, type: TensorType, value: string): void {
    // A node of its own, because an output's name is the user's and one value may be two outputs.
    this.#nodes.push(new Message().text(1, value).text(2, name).text(3, `${name}_output`).text(4, "Identity"));
    this.#outputs.push(valueInfo(name, type));
  }

  finish(name: string): Uint8Array {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.text(2, name);
    for (const initializer of this.#initializers) graph.message(5, initializer);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    return new Message().int(1, 8).text(2, "lamella").message(7, graph).message(8, new Message().text(1, "").int(2, 17)).finish();
  }
}

function attribute(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === "number") return message.int(3, value).int(20, 2);
  if (typeof value === "string") return message.text(4, value).int(20, 3);
  if ("float" in value) return message.float(2, value.float).int(20, 1);
  if ("texts" in value) {
    for (const entry of value.texts) message.text(9, entry);
    return message.int(20, 8);
  }
  for (const entry of value) message.int(8, entry);
  return message.int(20, 7);
}

function tensor(name: string, shape: readonly number[], type: number, bytes: Uint8Array): Message {
  const message = new Message();
  for (const extent of shape) message.int(1, extent);
  return message.int(2, type).text(8, name).bytes(9, bytes);
}

function valueInfo(name: string, { shape, dtype }: TensorType): Message {
  const dimensions = new Message();
  for (const extent of shape) dimensions.message(1, new Message().int(1, extent));
  const type = new Message().message(1, new Message().int(1, elementTypes[dtype]).message(2, dimensions));
  return new Message().text(1, name).message(2, type);
}
