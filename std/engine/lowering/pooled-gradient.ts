import type { Node } from "../../tensor/graph.js";
import type { PoolAttributes } from "../../tensor/operations/pooling.js";
import { geometryOf } from "../../tensor/operations/window.js";
import { sizeOf } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { absent, input, isSingle, output } from "./arguments.js";
import type { Address, Fusion, FusionMatch, GraphView, LoweringContext } from "./contract.js";
import { convolutionOf, type Convolution } from "./convolution.js";
import { scratchBytes } from "./scratch.js";
import { leastFilters } from "./window-matrix.js";
import { winogradTiles } from "./winograd.js";

// The gradients of a convolution before a max pooling, from the pooled gradient: three of four numbers of what comes back
// through a pooling of 2 x 2 are zeros, and the kernels of these fusions never write them.

/** Entries of the results that share one gradient, from which on following routes beats the dense kernels. */
const leastShare = 4;

/** Rows of a window are read and written 32 numbers at a time (8 where they are short): at least this much of that must be used. */
const leastFilled = 0.6;

interface PooledGradient {
  readonly convolution: Convolution;
  /** What was pooled, and the gradient of what came out. */
  readonly results: Tensor;
  readonly slopes: Tensor;
  /** The places of the largest results, where the forward pass has kept them instead of the results. */
  readonly picks: Tensor | null;
  readonly pooling: PoolAttributes;
}

function pooledGradientOf(gradient: Tensor, graph: GraphView, convolution: Convolution): PooledGradient | null {
  const routed = gradient.node;
  if (routed?.operation?.name !== "maxPoolGradient" || !isSingle(routed) || graph.needed(gradient)) return null;
  // Someone else who reads the routed gradient needs it written, and then nothing is saved.
  if (!graph.consumers(gradient).every((reader) => readers.has(reader.operation?.name ?? ""))) return null;
  const pooling = routed.attributes as PoolAttributes;
  const results = input(routed, 0);
  const { size, dilation, groups, filters, channels } = convolution;
  if (size[0] !== 1 || pooling.size.length !== 2 || groups !== 1 || sizeOf(dilation) !== 1) return null;
  if (sizeOf(pooling.stride) < leastShare || filters >= leastFilters.wide) return null;
  if (winogradTiles({ wide: false }, convolution, convolution.output) !== null) return null;
  const run = (size[2] as number) * channels;
  const filled = run <= 8 ? run / 8 : run / (32 * Math.ceil(run / 32));
  return filled < leastFilled ? null : { convolution, results, slopes: input(routed, 1), picks: graph.note(results), pooling };
}

/** Whether all that a node makes of the gradient of what was pooled follows the routes, so that it does not read what was pooled. */
export function followsRoutes(node: Node, routed: Tensor, graph: GraphView): boolean {
  const reader = readers.get(node.operation?.name ?? "");
  return (
    reader !== undefined &&
    isSingle(node) &&
    output(node).size > 0 &&
    input(node, reader.position) === routed &&
    input(node, 1 - reader.position) !== routed &&
    pooledGradientOf(routed, graph, reader.convolutionAt(node)) !== null
  );
}

function emit(
  kernel: string,
  context: LoweringContext,
  { convolution, results, slopes, picks, pooling }: PooledGradient,
  operand: Tensor,
  target: readonly (Address | number)[],
): void {
  const { batch, input: extent, output: out, size, stride, pad, channels, filters } = convolution;
  const dilation = pooling.size.map(() => 1);
  const pool = geometryOf(batch, out.slice(1), slopes.shape.slice(1, -1), { ...pooling, dilation });
  const wide = extent.map((length, axis) => length + (pad[axis]?.[0] as number) + (pad[axis]?.[1] as number));
  const plane = (numbers: readonly number[]): readonly number[] => numbers.slice(1);
  const before = (pads: typeof pad): readonly number[] => plane(pads.map(([first]) => first));
  const places = sizeOf(slopes.shape.slice(1, -1));
  const [height, width] = plane(wide) as [number, number];
  const bytes = scratchBytes.pooledGradient(batch, [height, width], channels, filters, plane(size) as [number, number], places);
  context.emit(
    kernel,
    [
      context.buffer(operand), ...(picks === null ? [context.buffer(results), absent] : [absent, context.buffer(picks)]), context.buffer(slopes), ...target,
      batch, ...plane(extent), channels, ...before(pad), height, width, ...plane(out), filters, ...plane(size), ...plane(stride),
      ...plane(pool.output), ...plane(pool.size), ...plane(pool.stride), ...before(pool.pad), context.scratch(bytes * context.threads),
    ],
    { work: slopes.size * (sizeOf(size) * channels + 16) },
  ); // prettier-ignore
}

function emitWeightGradient(context: LoweringContext, found: PooledGradient, image: Tensor, target: Tensor): void {
  const { size, channels, filters } = found.convolution;
  const plane = size.slice(1) as [number, number];
  // Each thread sums for its own images.
  const sums = context.scratch(scratchBytes.pooledWeightSums(channels, filters, plane) * context.threads);
  emit("pooledWeightSums", context, found, image, [sums, context.threads]);
  context.emit("pooledWeightGradient", [sums, context.buffer(target), context.threads, channels, filters, ...plane], {
    work: 2 * context.threads * target.size,
  });
}

/** A gradient of a convolution: which of its inputs is the gradient of the results, and the convolution. */
interface Reader {
  readonly position: 0 | 1;
  readonly convolutionAt: (node: Node) => Convolution;
}

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "convWeightGradient",
    {
      position: 1,
      convolutionAt: (node) => convolutionOf(input(node, 0).shape, output(node).shape, input(node, 1).shape, node.attributes as never),
    },
  ],
  [
    "convInputGradient",
    {
      position: 0,
      convolutionAt: (node) => convolutionOf(output(node).shape, input(node, 1).shape, input(node, 0).shape, node.attributes as never),
    },
  ],
]);

function fusionOf(
  operation: "convWeightGradient" | "convInputGradient",
  lower: (context: LoweringContext, found: PooledGradient, operand: Tensor, target: Tensor) => void,
): Fusion {
  const { position, convolutionAt } = readers.get(operation) as Reader;
  return {
    name: `${operation} from a pooled gradient`,
    operation,
    match(node, graph): FusionMatch | null {
      if (!isSingle(node) || output(node).size === 0) return null;
      const found = pooledGradientOf(input(node, position), graph, convolutionAt(node));
      if (found === null) return null;
      const operand = input(node, 1 - position);
      return {
        nodes: [node],
        inputs: [operand, found.picks ?? found.results, found.slopes],
        outputs: [output(node)],
        lower: (context) => lower(context, found, operand, output(node)),
      };
    },
  };
}

export const pooledGradientFusions: readonly Fusion[] = [
  fusionOf("convWeightGradient", emitWeightGradient),
  fusionOf("convInputGradient", (context, found, operand, target) =>
    emit("pooledInputGradient", context, found, operand, [context.buffer(target)]),
  ),
];
