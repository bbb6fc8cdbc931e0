import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import { LamellaError } from "../../errors.js";
import type { Network } from "../../network/network.js";
import { trace, type Node } from "../../tensor/graph.js";
import { allocate, type TensorType } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { OnnxModel } from "./model.js";
import { translations } from "./operators.js";

export interface OnnxOptions {
  /** Examples the model takes at once; fixed in the file. Default 1. */
  readonly batch?: number;
  /** Lengths of symbolic dimensions: `{ T: 40 }`; fixed in the file too. */
  readonly lengths?: Readonly<Record<string, number>>;
}

/**
 * A net's forward pass as an ONNX model (operator set 17), for ONNX Runtime and other engines. Inputs and outputs keep their
 * names and layout: `batch x height x width x channels`, as in the net.
 * @throws LamellaError when the net uses an operation that has no translation, naming it and its row.
 */
export function toOnnx(network: Network, options: OnnxOptions = {}): Uint8Array {
  const { batch = 1, lengths = {} } = options;
  const types = network.inputs.map(({ name, type }): TensorType => ({
    shape: [batch, ...type.shape.map((dim) => (typeof dim === "number" ? dim : lengthOf(dim.text, lengths, network.name, name)))],
    dtype: type.dtype,
  }));
  const graph = trace((...inputs) => network.forward(inputs, { training: false }).outputs, types);
  const model = new OnnxModel();
  const names = new Map<Node, readonly string[]>();
  for (const [index, input] of graph.inputs.entries())
    names.set(input.node as Node, [model.input((network.inputs[index] as { name: string }).name, input)]);
  const nameOf = (tensor: Tensor): string => {
    const name = names.get(tensor.node as Node)?.[tensor.output];
    if (name === undefined)
      throw new LamellaError(
        `${network.name} cannot be written as ONNX: it uses output ${tensor.output} of \`${tensor.node?.operation?.name}\`, which has no translation`,
      );
    return name;
  };
  const numbers = new Map<string, string>();
  /** A few numbers as part of the model; the same ones once. */
  const literal = (values: readonly number[], shape: readonly number[], dtype: Tensor["dtype"]): string => {
    const key = `${dtype} ${shape.join("x")} ${values.join(" ")}`;
    let name = numbers.get(key);
    if (name === undefined) {
      const data = allocate(dtype, values.length);
      data.set(values);
      name = model.initializer(`number_${numbers.size + 1}`, new Tensor({ shape, dtype }, data));
      numbers.set(key, name);
    }
    return name;
  };
  let constants = 0;
  for (const node of usedNodes(graph.nodes, graph.outputs)) {
    if (node.kind === "input") continue;
    if (node.variable !== null) names.set(node, [model.initializer(node.variable.name, node.variable.value)]);
    else if (node.constant !== null) names.set(node, [model.initializer(`constant_${++constants}`, node.constant)]);
    else {
      const operation = node.operation as NonNullable<Node["operation"]>;
      // The table is keyed by name, so an entry has the attributes of its own operation.
      const translate = (translations as Readonly<Record<string, (request: unknown) => string | readonly string[]>>)[operation.name];
      if (translate === undefined) {
        throw new LamellaError(
          `${network.name} cannot be written as ONNX: there is no translation of \`${operation.name}\`${node.scope === "" ? "" : ` (in ${node.scope})`} yet`,
        );
      }
      const [first] = node.inputs as readonly [Tensor, ...Tensor[]];
      const made = translate({
        model,
        inputs: node.inputs.map(nameOf),
        types: node.inputs,
        output: node.types[0],
        attributes: node.attributes,
        number: (value: number) => literal([value], [], first.dtype),
        pair: (one: number, two: number) => literal([one, two], [2], first.dtype),
        zeros: (count: number) => literal(new Array<number>(count).fill(0), [count], first.dtype),
      });
      names.set(node, typeof made === "string" ? [made] : made);
    }
  }
  for (const [index, output] of graph.outputs.entries())
    model.output((network.outputs[index] as { name: string }).name, output, nameOf(output));
  return model.finish(network.name);
}

/** Writes `toOnnx` to a file; `.onnx` is added where there is no ending. @returns the file's path */
export function exportOnnx(network: Network, path: string, options: OnnxOptions = {}): string {
  const file = extname(path) === ".onnx" ? path : `${path}.onnx`;
  const bytes = toOnnx(network, options);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

function lengthOf(dimension: string, lengths: Readonly<Record<string, number>>, network: string, input: string): number {
  const length = lengths[dimension];
  if (length === undefined)
    throw new LamellaError(
      `${network}: the input ${input} has the open dimension ${dimension}; say how long it is in the file: lengths: { ${dimension}: 40 }`,
    );
  return length;
}

/** The nodes the outputs depend on, in order. */
function usedNodes(nodes: readonly Node[], outputs: readonly Tensor[]): Node[] {
  const used = new Set<Node>();
  const stack = outputs.map((output) => output.node as Node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (used.has(node)) continue;
    used.add(node);
    for (const input of node.inputs) stack.push(input.node as Node);
  }
  return nodes.filter((node) => used.has(node));
}
