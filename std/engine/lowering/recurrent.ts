import type { Node } from "../../tensor/graph.js";
import type { RnnAttributes } from "../../tensor/operations/rnn.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { RecurrentKind } from "../native/recurrent-code.js";
import { absent, isSingle } from "./arguments.js";
import type { Address, LoweringContext, LoweringRule } from "./contract.js";
import { emitCopy } from "./copies.js";
import { suitsBlas } from "./product.js";
import { scratchBytes } from "./scratch.js";

const supports = (node: Node): boolean => isSingle(node) && node.inputs.every((tensor) => tensor.size > 0);

/** What tells one recurrent operation from another. All have a weight of H x `gates` H, and a kernel for one time called `<kernel>Step`. */
interface Recurrence {
  readonly kernel: string;
  readonly gates: number;
  /** N x T x H. */
  readonly states: (node: Node) => Tensor;
  /** Bytes for one thread, of the kernel for all times. */
  readonly scratch: (batch: number, width: number) => number;
  readonly flags?: (node: Node) => number[];
  readonly step: (inputs: Addresses, outputs: Addresses) => ForwardStep | BackwardStep;
  /** A step as machine code, and what it is told, from the step's arguments. */
  readonly native?: {
    readonly kind: RecurrentKind;
    readonly args: (args: readonly Address[], time: Time) => readonly (number | Address)[];
    /** What the step's kernel does before the last time. */
    readonly prepare?: (context: LoweringContext, args: readonly Address[], batch: number, width: number) => void;
  };
}

/** A time of the sequences from `first` on. */
interface Time {
  readonly first: number;
  readonly times: number;
  readonly t: number;
  readonly width: number;
}

/** Bytes from sequence to sequence, and to a time, of N x T x H states, and of N x T x 4H gates. */
function placesOf({ first, times, t, width }: Time): { row: number; state: number; gate: number; stateLead: number; gateLead: number } {
  const row = 4 * width;
  const at = (first * times + t) * row;
  return { row, state: at, gate: 4 * at, stateLead: times * row, gateLead: 4 * times * row };
}

/** The cells of the time before, and how far apart those of two sequences are. */
function cellsBefore(initial: Address, cells: Address, { first, t, width, times }: Time): readonly [Address, number] {
  const row = 4 * width;
  return t === 0 ? [initial.plus(first * row), row] : [cells.plus((first * times + t - 1) * row), times * row];
}

type Addresses = readonly [Address, Address, Address, Address, Address, Address];

type EightAddresses = readonly [...Addresses, Address, Address];

/** h of the time before, `initial` at first, times the weight gives sums, which the step's kernel needs after its first argument. */
interface ForwardStep {
  readonly weight: Address;
  readonly initial: Address;
  readonly y: Address;
  readonly args: readonly [Address, ...Address[]];
}

/** After the step's kernel the gradient of the sums, times the weight transposed, makes gh or is added to it. */
interface BackwardStep {
  readonly weight: Address;
  readonly gradient: Address;
  readonly gh: Address;
  readonly adds: boolean;
  readonly args: readonly Address[];
}

/** From this many multiply-adds on the product of one time is worth the two calls that wide vectors take. */
const leastProduct = 100_000;

/** More calls make a plan that takes longer to lay out than its products save. */
const mostCalls = 4_000;

/** Multiply-adds of each thread between two barriers: about half a millisecond. */
const meetingWork = 50_000_000;

/** Fewer sequences are not worth a thread of their own. */
const leastSequences = 8;

/**
 * All inputs and outputs in the operation's order, then flags, batch, times and width and scratch for each thread; or, with
 * wide vectors, a product and a step for each time. Each thread takes its own sequences through all times either way.
 */
function lowerRecurrent({ kernel, gates, states, scratch, flags = () => [], step, native }: Recurrence): LoweringRule {
  return {
    supports,
    lower(node: Node, context: LoweringContext) {
      const [batch, times, width] = states(node).shape as [number, number, number];
      const inputs = node.inputs.map((tensor) => context.buffer(tensor));
      const outputs = node.outputs.map((tensor) => context.buffer(tensor));
      const owners = Math.max(1, Math.min(context.threads, Math.floor(batch / leastSequences)));
      const worthwhile = batch >= leastSequences && (batch / owners) * gates * width * width >= leastProduct;
      if (!context.wide || !worthwhile || 2 * times * owners > mostCalls) {
        context.emit(
          kernel,
          [...inputs, ...outputs, ...flags(node), batch, times, width, context.scratch(scratch(batch, width) * context.threads)],
          { work: batch * times * width * gates * (width + 12) },
        );
        return;
      }

      const { weight, ...parts } = step(inputs as readonly Address[] as Addresses, outputs as readonly Address[] as Addresses);
      const wide = gates * width;
      const byBlas = suitsBlas(context, { m: Math.floor(batch / owners), n: wide, k: width });
      // Machine code packs a transposed matrix for each product: here for all times at once.
      const turned = "gh" in parts && context.machineCode && !byBlas ? context.scratch(wide * width * 4) : null;
      if (turned !== null) {
        emitCopy(context, weight, turned, [
          { extent: wide, from: 1, to: width },
          { extent: width, from: wide, to: 1 },
        ]);
      }
      if (context.machineCode) native?.prepare?.(context, parts.args, batch, width);
      const sums = "y" in parts ? context.scratch(batch * wide * 4) : null;
      const emitTime = (t: number, owner: number, independent: boolean): void => {
        const first = Math.floor((owner * batch) / owners);
        const count = Math.floor(((owner + 1) * batch) / owners) - first;
        const emitStep = (args: readonly Address[], follows: boolean): void => {
          const options = { work: count * wide * 12, owner, independent: follows };
          if (native !== undefined && context.machineCode) {
            context.native({ kind: native.kind }, native.args(args, { first, times, t, width }), { ...options, count });
            return;
          }
          context.emit(`${kernel}Step`, [...args, ...flags(node), first, count, t, times, width], options);
        };
        if ("y" in parts && sums !== null) {
          const [z, ...rest] = parts.args;
          const own = sums.plus(first * wide * 4);
          const before = t === 0 ? parts.initial.plus(first * width * 4) : parts.y.plus((first * times + t - 1) * width * 4);
          context.gemm({
            a: before,
            b: weight,
            c: own,
            m: count,
            n: wide,
            k: width,
            lda: t === 0 ? width : times * width,
            blas: byBlas,
            owner,
            independent,
          });
          emitStep([z, own, ...rest], true);
        } else if ("gh" in parts) {
          emitStep(parts.args, independent);
          context.gemm({
            a: parts.gradient.plus((first * times + t) * wide * 4), b: turned ?? weight, c: parts.gh.plus(first * width * 4), m: count, n: width,
            k: wide, transposeB: turned === null, lda: times * wide, beta: parts.adds ? 1 : 0, blas: byBlas, owner, independent: true,
          }); // prettier-ignore
        }
      };
      // The threads meet now and then, so that a run can be stopped there.
      const together = Math.ceil(meetingWork / ((batch / owners) * wide * width));
      for (let from = 0; from < times; from += together) {
        for (let owner = 0; owner < owners; owner++) {
          for (let index = from; index < Math.min(times, from + together); index++)
            emitTime("y" in parts ? index : times - 1 - index, owner, owner > 0 || index > from);
        }
      }
    },
  };
}

const rectified = (node: Node): number[] => [(node.attributes as RnnAttributes).activation === "relu" ? 1 : 0];
const inputAt = (index: number) => (node: Node) => node.inputs[index] as Tensor;
const result = (node: Node): Tensor => node.outputs[0] as Tensor;

export const recurrentRules: Readonly<Record<"lstm" | "lstmGradient" | "gru" | "gruGradient" | "rnn" | "rnnGradient", LoweringRule>> = {
  lstm: lowerRecurrent({
    kernel: "lstm",
    gates: 4,
    states: result,
    scratch: scratchBytes.lstm,
    step: ([z, weight, initial, c], [y, last, gates, cells]) => ({ weight, initial, y, args: [z, c, y, last, gates, cells] }),
    native: {
      kind: "lstmStep",
      args(args, time) {
        const [z, sums, c, y, last, gates, cells] = args as readonly [Address, ...Addresses];
        const { row, state, gate, stateLead, gateLead } = placesOf(time);
        const ended = time.t === time.times - 1 ? last.plus(time.first * row) : absent;
        return [
          z.plus(gate), gateLead, sums, ...cellsBefore(c, cells, time), cells.plus(state), y.plus(state), stateLead, gates.plus(gate), ended, row,
        ]; // prettier-ignore
      },
    },
  }),
  lstmGradient: lowerRecurrent({
    kernel: "lstmGradient",
    gates: 4,
    states: inputAt(3),
    scratch: scratchBytes.lstm,
    step: ([weight, c, gates, cells, gy, gc], [gz, gh, gInitial]) => ({
      weight, gradient: gz, gh, adds: false, args: [c, gates, cells, gy, gc, gz, gh, gInitial],
    }), // prettier-ignore
    native: {
      kind: "lstmGradientStep",
      args(args, time) {
        const [c, gates, cells, gy, , gz, gh, gInitial] = args as EightAddresses;
        const { row, state, gate, stateLead, gateLead } = placesOf(time);
        const own = time.first * row;
        return [
          gates.plus(gate), gateLead, cells.plus(state), stateLead, ...cellsBefore(c, cells, time), gy.plus(state), gz.plus(gate), gh.plus(own),
          gInitial.plus(own), row,
        ]; // prettier-ignore
      },
      prepare(context, args, batch, width) {
        const [, , , , gc, , gh, gInitial] = args as EightAddresses;
        context.emit("fill", [gh, batch * width, 0], { work: batch * width });
        emitCopy(context, gc, gInitial, [{ extent: batch * width, from: 1, to: 1 }], { independent: true });
      },
    },
  }),
  gru: lowerRecurrent({
    kernel: "gru",
    gates: 3,
    states: result,
    scratch: scratchBytes.gru,
    step: ([z, weight, bias, initial], [y, gates]) => ({ weight, initial, y, args: [z, bias, initial, y, gates] }),
  }),
  gruGradient: lowerRecurrent({
    kernel: "gruGradient",
    gates: 3,
    states: inputAt(2),
    scratch: scratchBytes.gru,
    step: ([weight, h, y, gates, gy], [gz, ga, gh]) => ({ weight, gradient: ga, gh, adds: true, args: [h, y, gates, gy, gz, ga, gh] }),
  }),
  rnn: lowerRecurrent({
    kernel: "rnn",
    gates: 1,
    states: result,
    scratch: scratchBytes.rnn,
    flags: rectified,
    step: ([z, weight, initial], [y]) => ({ weight, initial, y, args: [z, y] }),
  }),
  rnnGradient: lowerRecurrent({
    kernel: "rnnGradient",
    gates: 1,
    states: inputAt(1),
    scratch: scratchBytes.rnn,
    flags: rectified,
    step: ([weight, y, gy], [gz, gh]) => ({ weight, gradient: gz, gh, adds: false, args: [y, gy, gz, gh] }),
  }),
};
