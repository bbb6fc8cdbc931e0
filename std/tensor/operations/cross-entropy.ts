import { ShapeError } from "../../errors.js";
import { gradientByComposition, gradientsThrough } from "../composition.js";
import { applyOne, defineOperation, type OperandArray, type Operation } from "../operation.js";
import { formatShape, sameShape, type TensorType } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { mul, neg } from "./arithmetic.js";
import { equal } from "./comparison.js";
import { cast } from "./cast.js";
import { indexError, oneHot, requireIntegers } from "./indexing.js";
import { toFloat } from "./operand.js";
import { sum } from "./reductions.js";
import { where } from "./selection.js";
import { logSoftmax } from "./softmax.js";

export interface CrossEntropyAttributes {
  /** Examples with this label cost nothing (padding); null when every label counts. */
  readonly ignore: number | null;
}

function check(logits: TensorType, labels: TensorType): void {
  requireIntegers(labels, "softmaxCrossEntropy");
  if (!sameShape(logits.shape.slice(0, -1), labels.shape) || logits.shape.length === 0) {
    throw new ShapeError(
      `softmaxCrossEntropy: logits of ${formatShape(logits.shape)} need labels of ` +
        `${formatShape(logits.shape.slice(0, -1))}, but they are ${formatShape(labels.shape)}`,
    );
  }
}

/**
 * Visits each example that counts with its label, its first logit's place, the largest logit and the logarithm of the
 * sum of exponentials above it.
 */
function forEachExample(
  logits: OperandArray,
  labels: OperandArray,
  ignore: number | null,
  visit: (example: number, label: number, start: number, largest: number, logSum: number) => void,
): void {
  const classes = logits.shape.at(-1) as number;
  for (let example = 0; example < labels.data.length; example++) {
    const label = labels.data[example] as number;
    if (label === ignore) continue;
    if (label < 0 || label >= classes) throw indexError("softmaxCrossEntropy", label, example, labels.shape, classes, "label");
    const start = example * classes;
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits.data[start + c] as number);
    let total = 0;
    for (let c = 0; c < classes; c++) total += Math.exp((logits.data[start + c] as number) - largest);
    visit(example, label, start, largest, Math.log(total));
  }
}

/** Inputs logits ... x C and labels ... (i32); output the loss of each example. */
export const softmaxCrossEntropyOperation: Operation<CrossEntropyAttributes> = defineOperation<CrossEntropyAttributes, 2>({
  name: "softmaxCrossEntropy",
  infer([logits, labels]) {
    check(logits, labels);
    return [{ shape: labels.shape, dtype: logits.dtype }];
  },
  gradient: ({ inputs: [logits, labels], gradients: [g], attributes }) => [
    applyOne(softmaxCrossEntropyGradientOperation, [logits, labels, g], attributes),
    null,
  ],
  evaluate([logits, labels], { ignore }, [out]) {
    forEachExample(logits, labels, ignore, (example, label, start, largest, logSum) => {
      out.data[example] = logSum + largest - (logits.data[start + label] as number);
    });
  },
});

/** Inputs logits ... x C, labels ..., g ...; output g (softmax(logits) - oneHot(labels)), 0 for ignored labels. */
export const softmaxCrossEntropyGradientOperation: Operation<CrossEntropyAttributes> = defineOperation<CrossEntropyAttributes, 3>({
  name: "softmaxCrossEntropyGradient",
  infer([logits, labels]) {
    check(logits, labels);
    return [{ shape: logits.shape, dtype: logits.dtype }];
  },
  gradient: (request) =>
    gradientByComposition(
      ([logits, labels, g]) => [
        gradientsThrough(([inner]) => [compose(inner, labels, request.attributes.ignore)], [logits] as const, [g])[0],
      ],
      request,
    ),
  evaluate([logits, labels, g], { ignore }, [out]) {
    const classes = logits.shape.at(-1) as number;
    forEachExample(logits, labels, ignore, (example, label, start, largest, logSum) => {
      const incoming = g.data[example] as number;
      for (let c = 0; c < classes; c++) {
        out.data[start + c] = incoming * (Math.exp((logits.data[start + c] as number) - largest - logSum) - (c === label ? 1 : 0));
      }
    });
  },
});

function compose(logits: Tensor, labels: Tensor, ignore: number | null): Tensor {
  const ignored = ignore === null ? null : equal(labels, ignore);
  const counted = ignored === null ? labels : where(ignored, 0, labels);
  const target = oneHot(counted, logits.shape.at(-1) as number, logits.dtype);
  const loss = neg(sum(mul(logSoftmax(logits), target), { axes: -1 }));
  return ignored === null ? loss : where(ignored, 0, loss);
}

/**
 * -log softmax(logits)[label] of each example, without overflow.
 * logits: ... x C, labels: ... (whole numbers from 0 to C - 1), result: ...
 * @param options.ignore the label of examples that cost nothing (padding)
 * @throws LamellaError when it runs, naming a label that is out of range, its position and the range.
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, options: { readonly ignore?: number } = {}): Tensor {
  const whole = labels.dtype === "u8" ? cast(labels, "i32") : labels;
  return applyOne(softmaxCrossEntropyOperation, [toFloat(logits), whole], { ignore: options.ignore ?? null });
}
