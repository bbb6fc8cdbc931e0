import type { Node } from "../../tensor/graph.js";
import type { ConvAttributes } from "../../tensor/operations/convolution.js";
import type { PoolAttributes } from "../../tensor/operations/pooling.js";
import { sameShape } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { input, isSingle, output } from "./arguments.js";
import type { Address, Fusion, FusionMatch, GraphView, LoweringContext } from "./contract.js";
import { convolutionOf, lowerConvolution, unitStride, type Convolution } from "./convolution.js";
import { follow } from "./epilogues.js";
import { emitLaneConvolution, suitsLanes } from "./lane-convolution.js";
import { followsRoutes } from "./pooled-gradient.js";
import type { Epilogue } from "./product.js";

// A convolution whose results only go through a max pooling by windows of 2 x 2: they need not be kept, for neither pass. What comes
// back from the pooling needs the places of the largest, a byte for each window instead of four numbers.

/** Whether the pooling's windows are pairs of pairs that cover the results one after the other. */
function poolsPairs(node: Node): boolean {
  const { size, stride, pad } = node.attributes as PoolAttributes;
  const even = [...size, ...stride].every((extent) => extent === 2) && size.length === 2;
  return even && pad.every(([before, after]) => before === 0 && after === 0);
}

interface Pooled {
  readonly pool: Node;
  /** The gradients of the pooling, if there are any. */
  readonly routed: readonly Node[];
}

/** The pooling that a convolution's results go through and nothing else, but what comes back from it. */
function poolingOf(results: Tensor, graph: GraphView): Pooled | null {
  if (graph.needed(results)) return null;
  const readers = graph.consumers(results);
  const pools = readers.filter((reader) => reader.operation?.name === "maxPool");
  const routed = readers.filter((reader) => reader.operation?.name === "maxPoolGradient");
  const [pool] = pools;
  if (pool === undefined || pools.length > 1 || routed.length + 1 !== readers.length || !isSingle(pool) || !poolsPairs(pool)) return null;
  const known = routed.every((node) => {
    const gradient = output(node);
    return (
      poolsPairs(node) && input(node, 0) === results && graph.consumers(gradient).every((reader) => followsRoutes(reader, gradient, graph))
    );
  });
  return known && output(pool).size > 0 ? { pool, routed } : null;
}

function emit(
  node: Node,
  context: LoweringContext,
  convolution: Convolution,
  epilogue: Epilogue,
  results: Tensor,
  pooled: Address,
  picks: Address | null,
): void {
  const [image, kernel] = [context.buffer(input(node, 0)), context.buffer(input(node, 1))];
  if (emitLaneConvolution(context, convolution, { ...unitStride(convolution), image, kernel, result: pooled, epilogue }, { picks })) return;
  const whole = context.scratch(results.size * 4);
  lowerConvolution(node, context, epilogue, whole);
  const [batch, height, width, channels] = results.shape as readonly [number, number, number, number];
  const places = picks ?? context.scratch(batch * (height >> 1) * (width >> 1) * channels);
  context.emit("maxPoolPairs", [whole, pooled, places, batch, height, width, channels], { work: 2 * results.size });
}

export function pooledConvolutionFusion(supports: (node: Node) => boolean): Fusion {
  return {
    name: "convolution with bias, activation and max pooling",
    operation: "conv",
    match(node, graph): FusionMatch | null {
      if (!supports(node)) return null;
      const { nodes, bias, activation, result } = follow(node, graph, false);
      const found = sameShape(result.shape, output(node).shape) ? poolingOf(result, graph) : null;
      if (found === null) return null;
      const convolution = convolutionOf(input(node, 0).shape, input(node, 1).shape, output(node).shape, node.attributes as ConvAttributes);
      if (found.routed.length === 0 && !suitsLanes(convolution, convolution.filters)) return null;
      const pooled = output(found.pool);
      const picks = found.routed.length === 0 ? null : new Tensor({ shape: pooled.shape, dtype: "u8" }, null);
      return {
        nodes: [...nodes, found.pool],
        inputs: [...node.inputs, ...(bias === null ? [] : [bias])],
        outputs: picks === null ? [pooled] : [pooled, picks],
        notes: picks === null ? new Map() : new Map([[result, picks]]),
        bypassed: found.routed,
        lower(context) {
          const place = (tensor: Tensor | null): Address | null => (tensor === null ? null : context.buffer(tensor));
          const epilogue = { bias: place(bias), residual: null, activation };
          emit(node, context, convolution, epilogue, result, context.buffer(pooled), place(picks));
        },
      };
    },
  };
}
