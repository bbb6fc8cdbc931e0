import { Trace, type Graph } from "../tensor/graph.js";
import { setGradientExecutor } from "../tensor/differentiate.js";
import { setEagerRunner, type EagerRunner } from "../tensor/operation.js";
import { portableEagerRunner, portableExecutor } from "../tensor/portable.js";
import { sizeOf } from "../tensor/shape.js";
import { configurationNumber, currentEngine, executor } from "./engine.js";
import type { Executable } from "./executor.js";

/** Smaller operands are done in plain JavaScript: finding a plan and copying would take longer. */
const smallSize = 4096;
const plansKept = 128;

const plans = new Map<string, Executable>();

/** Operations whose time grows faster than their operands. */
const heavy = new Set(["matmul", "conv", "convInputGradient", "convWeightGradient"]);

/** Runs one operation on values: small ones portably, large ones as a plan of one node, kept by operation, attributes and types. */
export const eagerRunner: EagerRunner = (operation, inputs, attributes, types) => {
  const engine = currentEngine();
  let size = 0;
  for (const input of inputs) size += input.size;
  for (const type of types) size += sizeOf(type.shape);
  if (engine === null || size < (heavy.has(operation.name) ? smallSize / 8 : smallSize))
    return portableEagerRunner(operation, inputs, attributes, types);

  let key = `${configurationNumber()}|${operation.name}|${JSON.stringify(attributes, named)}`;
  for (const { dtype, shape } of inputs) key += `|${dtype}${shape.join("x")}`;
  let executable = plans.get(key);
  if (executable === undefined) {
    const building = new Trace();
    const symbols = inputs.map((input) => building.input(input));
    const outputs = building.add(operation, symbols, attributes, types);
    const graph: Graph = { inputs: symbols, outputs, assignments: [], nodes: building.nodes };
    executable = engine.prepare(graph, { name: operation.name });
    if (plans.size >= plansKept) {
      const [oldest, plan] = plans.entries().next().value as [string, Executable];
      plan.dispose();
      plans.delete(oldest);
    }
    plans.set(key, executable);
  }
  return executable.run(inputs);
};

/** JSON writes NaN and both infinities as null; as attributes they are three. */
function named(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

setEagerRunner(eagerRunner);

/** Below this many numbers in a whole graph, walking it once is quicker than planning it. */
const plannedSize = 200_000;

setGradientExecutor({
  name: "engine",
  prepare(graph, options) {
    let size = 0;
    for (const node of graph.nodes) for (const { shape } of node.types) size += sizeOf(shape);
    return (size < plannedSize ? portableExecutor : executor()).prepare(graph, options);
  },
});
