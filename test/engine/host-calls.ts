import { fusions, lowerings } from "../../std/engine/lowering/index.js";
import { simplify } from "../../std/engine/plan/simplify.js";
import { unitsOf } from "../../std/engine/plan/units.js";
import type { Graph } from "../../std/tensor/graph.js";
import { sizeOf } from "../../std/tensor/shape.js";

/** What a plan of the graph hands to the portable executor, each as `sort f32 2x3 {"axis":1}`: nothing, when all has kernels. */
export function hostCalls(graph: Graph): string[] {
  return unitsOf(simplify(graph), { lowerings, fusions }, false).flatMap((unit) => {
    if (unit.kind !== "portable" || unit.outputs.every(({ shape }) => sizeOf(shape) === 0)) return [];
    const { operation, inputs, attributes } = unit.node;
    return [
      `${operation?.name} ${inputs.map(({ dtype, shape }) => `${dtype} ${shape.join("x")}`).join(", ")} ${JSON.stringify(attributes)}`,
    ];
  });
}
