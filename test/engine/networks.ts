import {
  add, conv, flatten, gradients, matmul, maxPool, mean, relu, softmaxCrossEntropy, Tensor, trace, Variable, type Graph, type TensorType,
} from "../../std/tensor/index.js"; // prettier-ignore
import { adam, sgd, type Optimizer } from "../../std/train/optimizers.js";

/** Numbers that look random and are the same everywhere: a linear congruential generator (Numerical Recipes). */
export function numbers(count: number, seed: number, scale = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) / 2 ** 23 - 1) * scale;
  });
}

export function random(shape: readonly number[], seed: number, scale = 1): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return new Tensor({ shape, dtype: "f32" }, numbers(size, seed, scale));
}

export function labels(count: number, classes: number, seed: number): Tensor {
  return new Tensor(
    { shape: [count], dtype: "i32" },
    Int32Array.from(numbers(count, seed), (x) => Math.min(classes - 1, Math.floor(((x + 1) / 2) * classes))),
  );
}

/** A training step as a graph, with the variables it changes; making it twice with one seed gives equal variables. */
export interface Step {
  readonly graph: Graph;
  readonly variables: readonly Variable[];
  readonly inputs: readonly Tensor[];
}

function trainingStep(
  parameters: readonly Variable[],
  optimizer: Optimizer,
  loss: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
): Step {
  const states = parameters.map((parameter) =>
    Object.fromEntries(
      optimizer.state.map((name) => [
        name,
        new Variable(`${parameter.name}.${name}`, new Tensor(parameter, new Float32Array(parameter.storage.length))),
      ]),
    ),
  );
  const types: TensorType[] = [
    ...inputs,
    ...optimizer.scalars(1, optimizer.learningRate).map(() => ({ shape: [], dtype: "f32" as const })),
  ];
  const graph = trace((...all) => {
    const value = loss(...all.slice(0, inputs.length));
    const slopes = gradients(
      value,
      parameters.map((parameter) => parameter.value),
    );
    for (const [index, parameter] of parameters.entries()) {
      parameter.assign(
        optimizer.update(parameter.value, slopes[index] as Tensor, states[index] as Record<string, Variable>, all.slice(inputs.length)),
      );
    }
    return value;
  }, types);
  const scalars = optimizer
    .scalars(1, optimizer.learningRate)
    .map((value) => new Tensor({ shape: [], dtype: "f32" }, Float32Array.of(value)));
  return { graph, variables: [...parameters, ...states.flatMap((state) => Object.values(state))], inputs: [...inputs, ...scalars] };
}

export function mlpStep(batch: number, sizes: readonly number[], optimizer: Optimizer = adam({ lr: 0.01 })): Step {
  const parameters: Variable[] = [];
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [from, to] = [sizes[layer] as number, sizes[layer + 1] as number];
    parameters.push(
      new Variable(`w${layer}`, random([from, to], 10 + layer, 1 / Math.sqrt(from))),
      new Variable(`b${layer}`, random([to], 20 + layer, 0.1)),
    );
  }
  const loss = (x: Tensor, y: Tensor): Tensor => {
    let flow = x;
    for (let layer = 0; layer + 1 < sizes.length; layer++) {
      flow = add(matmul(flow, (parameters[2 * layer] as Variable).value), (parameters[2 * layer + 1] as Variable).value);
      if (layer + 2 < sizes.length) flow = relu(flow);
    }
    return mean(softmaxCrossEntropy(flow, y));
  };
  return trainingStep(parameters, optimizer, loss, [random([batch, sizes[0] as number], 1), labels(batch, sizes.at(-1) as number, 2)]);
}

export function leNetStep(batch: number, optimizer: Optimizer = adam({ lr: 0.001 })): Step {
  const shapes: [string, number[]][] = [
    ["c1", [5, 5, 1, 6]], ["b1", [6]], ["c2", [5, 5, 6, 16]], ["b2", [16]],
    ["f1", [400, 120]], ["b3", [120]], ["f2", [120, 84]], ["b4", [84]], ["f3", [84, 10]], ["b5", [10]],
  ]; // prettier-ignore
  const parameters = shapes.map(([name, shape], index) => {
    const fanIn = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
    return new Variable(name, random(shape, 100 + index, shape.length === 1 ? 0.05 : Math.sqrt(3 / fanIn)));
  });
  const value = (index: number): Tensor => (parameters[index] as Variable).value;
  const loss = (x: Tensor, y: Tensor): Tensor => {
    let flow = maxPool(relu(add(conv(x, value(0), { pad: 2 }), value(1))), { size: 2 }); // N x 14x14x6
    flow = flatten(maxPool(relu(add(conv(flow, value(2)), value(3))), { size: 2 })); // N x 400
    flow = relu(add(matmul(flow, value(4)), value(5)));
    flow = relu(add(matmul(flow, value(6)), value(7)));
    return mean(softmaxCrossEntropy(add(matmul(flow, value(8)), value(9)), y));
  };
  return trainingStep(parameters, optimizer, loss, [random([batch, 28, 28, 1], 1), labels(batch, 10, 2)]);
}

export { sgd };
