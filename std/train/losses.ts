import { LamellaError, ShapeError } from "../errors.js";
import { abs, add, div, maximum, minimum, mul, neg, square, sub } from "../tensor/operations/arithmetic.js";
import { relu, softplus } from "../tensor/operations/activations.js";
import { cast } from "../tensor/operations/cast.js";
import { greater, less, notEqual } from "../tensor/operations/comparison.js";
import { softmaxCrossEntropy } from "../tensor/operations/cross-entropy.js";
import { log } from "../tensor/operations/exponential.js";
import { gatherAlong, oneHot } from "../tensor/operations/indexing.js";
import { split } from "../tensor/operations/joining.js";
import { mean, sum } from "../tensor/operations/reductions.js";
import { broadcastTo, expandDims, reshape } from "../tensor/operations/reshaping.js";
import { scalar } from "../tensor/operations/operand.js";
import { where } from "../tensor/operations/selection.js";
import { logSoftmax } from "../tensor/operations/softmax.js";
import { formatShape, sameShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { filledArguments } from "./arguments.js";
import { logitsOf } from "./logits.js";
import { lossEntries } from "./loss-entries.js";

export type LossName = "crossentropy" | "bce" | "mse" | "mae" | "huber" | "hinge" | "iou" | "dice" | "kl" | "contrastive";

/** A named loss with its arguments: gives one number from a prediction and a target. */
export interface Loss {
  readonly kind: "loss";
  readonly name: LossName;
  readonly args: Readonly<Record<string, unknown>>;
  /** @param target a tensor, or one number for all. */
  apply(prediction: Tensor, target: Tensor | number): Tensor;
}

/**
 * A loss in both of its uses: `losses.huber({ delta: 2 })` is the loss with its arguments, to be given to `train`;
 * `losses.huber(age, faces.age, { delta: 2 })` is its value in a loss expression.
 */
export interface LossFunction<A extends object> {
  (args?: A): Loss;
  (prediction: Tensor, target: Tensor | number, args?: A): Tensor;
}

function defineLoss<A extends object>(
  name: LossName,
  compute: (prediction: Tensor, target: Tensor | number, args: A) => Tensor,
): LossFunction<A> {
  function call(args?: A): Loss;
  function call(prediction: Tensor, target: Tensor | number, args?: A): Tensor;
  function call(first?: A | Tensor, target?: Tensor | number, args?: A): Loss | Tensor {
    if (first instanceof Tensor) {
      if (target === undefined) throw new LamellaError(`${name} needs a target beside the prediction: ${name}(prediction, target)`);
      return compute(first, target, filledArguments(lossEntries, name, args ?? {}) as A);
    }
    const filled = filledArguments(lossEntries, name, first ?? {});
    return { kind: "loss", name, args: filled, apply: (prediction, wanted) => compute(prediction, wanted, filled as A) };
  }
  return call;
}

function isInteger(tensor: Tensor): boolean {
  return tensor.dtype === "i32" || tensor.dtype === "u8";
}

/** The target in the prediction's shape: a number for all, or the same numbers with axes of one more or less. @throws ShapeError */
function matched(name: LossName, prediction: Tensor, target: Tensor | number): Tensor {
  if (typeof target === "number") return broadcastTo(scalar(target, prediction.dtype), prediction.shape);
  const numbers = target.dtype === prediction.dtype ? target : cast(target, prediction.dtype);
  if (sameShape(prediction.shape, target.shape)) return numbers;
  const without = (shape: readonly number[]): readonly number[] => shape.filter((extent) => extent !== 1);
  if (sameShape(without(prediction.shape), without(target.shape))) return reshape(numbers, prediction.shape);
  throw new ShapeError(
    `${name}: the prediction is ${formatShape(prediction.shape)}, but the target is ${formatShape(target.shape)} (the first number is the batch); both must agree`,
  );
}

/** Labels for logits of `... x classes`: an axis of one at the end is dropped. @throws ShapeError */
function labelsFor(name: LossName, logits: Tensor, labels: Tensor): Tensor {
  const expected = logits.shape.slice(0, -1);
  if (sameShape(labels.shape, expected)) return labels;
  if (sameShape(labels.shape, [...expected, 1])) return reshape(labels, expected);
  throw new ShapeError(
    `${name}: outputs of ${formatShape(logits.shape)} (the first number is the batch, the last the classes) need class numbers of ` +
      `${formatShape(expected)}, but ${formatShape(labels.shape)} arrived`,
  );
}

function needsTensor(name: LossName, target: Tensor | number): Tensor {
  if (typeof target === "number") throw new LamellaError(`${name} needs a tensor of targets, not the number ${target}`);
  return target;
}

export interface CrossentropyArguments {
  ignore?: number;
  smoothing?: number;
}

/** `-log softmax(z)[label]`, the mean over the labels that count. */
const crossentropy = defineLoss<CrossentropyArguments>("crossentropy", (prediction, given, { ignore, smoothing = 0 }) => {
  const target = needsTensor("crossentropy", given);
  const logits = logitsOf(prediction, "softmax"); // N x ... x C
  if (!isInteger(target)) {
    const share = matched("crossentropy", logits, target); // N x ... x C
    const smoothed = smoothing === 0 ? share : add(mul(share, 1 - smoothing), smoothing / (logits.shape.at(-1) as number));
    return mean(neg(sum(mul(smoothed, logSoftmax(logits)), { axes: -1 })));
  }
  const labels = labelsFor("crossentropy", logits, target); // N x ...
  let each = softmaxCrossEntropy(logits, labels, ignore === undefined ? {} : { ignore }); // N x ...
  const counts = ignore === undefined ? null : cast(notEqual(labels, ignore), logits.dtype);
  if (smoothing > 0) {
    const spread = neg(mean(logSoftmax(logits), { axes: -1 })); // N x ...
    each = add(mul(each, 1 - smoothing), mul(counts === null ? spread : mul(spread, counts), smoothing));
  }
  return counts === null ? mean(each) : div(sum(each), maximum(sum(counts), 1));
});

/** On logits z: `softplus(z) - t z`, which is `-(t log p + (1 - t) log(1 - p))` with p = sigmoid(z), without overflow; the mean. */
const bce = defineLoss<Record<string, never>>("bce", (prediction, target) => {
  const logits = logitsOf(prediction, "sigmoid");
  const wanted = matched("bce", logits, target);
  return mean(sub(softplus(logits), mul(logits, wanted)));
});

/** The mean of `(y - t)^2`. */
const mse = defineLoss<Record<string, never>>("mse", (prediction, target) =>
  mean(square(sub(prediction, matched("mse", prediction, target)))),
);

/** The mean of `|y - t|`. */
const mae = defineLoss<Record<string, never>>("mae", (prediction, target) =>
  mean(abs(sub(prediction, matched("mae", prediction, target)))),
);

/** `0.5 d^2` where `|d| <= delta`, else `delta (|d| - 0.5 delta)`; the mean. */
const huber = defineLoss<{ delta?: number }>("huber", (prediction, target, { delta = 1 }) => {
  const distance = abs(sub(prediction, matched("huber", prediction, target)));
  return mean(where(less(distance, delta), mul(square(distance), 0.5), mul(sub(distance, 0.5 * delta), delta)));
});

/** Class numbers: the mean over classes of `max(0, margin - z[label] + z[other])`; targets of -1 and 1: the mean of `max(0, margin - t z)`. */
const hinge = defineLoss<{ margin?: number }>("hinge", (prediction, target, { margin = 1 }) => {
  if (typeof target !== "number" && isInteger(target)) {
    const labels = labelsFor("hinge", prediction, target);
    const right = gatherAlong(prediction, expandDims(labels, -1)); // N x 1
    // The right class itself contributes exactly `margin`, which is taken off again.
    const lead = relu(add(sub(prediction, right), margin)); // N x C
    return sub(mean(lead), margin / (prediction.shape.at(-1) as number));
  }
  return mean(relu(sub(margin, mul(matched("hinge", prediction, target), prediction))));
});

/** Left, top, right, bottom of boxes `... x 4`, each `... x 1`. */
function corners(boxes: Tensor, format: "corners" | "center"): readonly Tensor[] {
  const parts = split(boxes, 4);
  if (format === "corners") return parts;
  const [x, y, width, height] = parts as [Tensor, Tensor, Tensor, Tensor];
  const [halfWidth, halfHeight] = [mul(width, 0.5), mul(height, 0.5)];
  return [sub(x, halfWidth), sub(y, halfHeight), add(x, halfWidth), add(y, halfHeight)];
}

/** `1 - IoU` of boxes, the mean; generalized: `1 - IoU + (hull - union) / hull`. */
const iou = defineLoss<{ generalized?: boolean; format?: "corners" | "center" }>(
  "iou",
  (prediction, given, { generalized = false, format = "corners" }) => {
    const target = matched("iou", prediction, needsTensor("iou", given));
    if (prediction.shape.at(-1) !== 4)
      throw new ShapeError(`iou: boxes have 4 numbers on the last axis, but the prediction is ${formatShape(prediction.shape)}`);
    const [left, top, right, bottom] = corners(prediction, format) as [Tensor, Tensor, Tensor, Tensor];
    const [leftT, topT, rightT, bottomT] = corners(target, format) as [Tensor, Tensor, Tensor, Tensor];
    const area = (l: Tensor, t: Tensor, r: Tensor, b: Tensor): Tensor => mul(relu(sub(r, l)), relu(sub(b, t)));
    const shared = area(maximum(left, leftT), maximum(top, topT), minimum(right, rightT), minimum(bottom, bottomT));
    const union = sub(add(area(left, top, right, bottom), area(leftT, topT, rightT, bottomT)), shared);
    const overlap = div(shared, add(union, 1e-7));
    if (!generalized) return mean(sub(1, overlap));
    const hull = area(minimum(left, leftT), minimum(top, topT), maximum(right, rightT), maximum(bottom, bottomT));
    return mean(add(sub(1, overlap), div(sub(hull, union), add(hull, 1e-7))));
  },
);

/** `1 - (2 sum(p t) + smooth) / (sum p + sum t + smooth)` of each example (and class), the mean. */
const dice = defineLoss<{ smooth?: number }>("dice", (prediction, given, { smooth = 1 }) => {
  const classes = prediction.shape.at(-1) as number;
  const target =
    typeof given !== "number" && isInteger(given) && given.rank === prediction.rank - 1
      ? oneHot(given, classes)
      : matched("dice", prediction, given);
  // Over all axes but the batch and the classes.
  const axes = prediction.shape.map((_, axis) => axis).slice(1, -1);
  const total = (x: Tensor): Tensor => (axes.length === 0 ? sum(x, { axes: -1 }) : sum(x, { axes }));
  const ratio = div(add(mul(total(mul(prediction, target)), 2), smooth), add(add(total(prediction), total(target)), smooth));
  return mean(sub(1, ratio));
});

/** `sum t (log t - log p)`, the mean over the examples. */
const kl = defineLoss<Record<string, never>>("kl", (prediction, given) => {
  const logits = logitsOf(prediction, "softmax"); // N x ... x C
  const target = matched("kl", logits, needsTensor("kl", given));
  const entropy = where(greater(target, 0), mul(target, log(maximum(target, 1e-30))), 0);
  return div(sum(sub(entropy, mul(target, logSoftmax(logits)))), logits.shape[0] as number);
});

/** `t d^2 + (1 - t) max(0, margin - d)^2`, the mean. */
const contrastive = defineLoss<{ margin?: number }>("contrastive", (distance, given, { margin = 1 }) => {
  const same = matched("contrastive", distance, given);
  return mean(add(mul(same, square(distance)), mul(sub(1, same), square(relu(sub(margin, distance))))));
});

export const losses: {
  readonly crossentropy: LossFunction<CrossentropyArguments>;
  readonly bce: LossFunction<Record<string, never>>;
  readonly mse: LossFunction<Record<string, never>>;
  readonly mae: LossFunction<Record<string, never>>;
  readonly huber: LossFunction<{ delta?: number }>;
  readonly hinge: LossFunction<{ margin?: number }>;
  readonly iou: LossFunction<{ generalized?: boolean; format?: "corners" | "center" }>;
  readonly dice: LossFunction<{ smooth?: number }>;
  readonly kl: LossFunction<Record<string, never>>;
  readonly contrastive: LossFunction<{ margin?: number }>;
} = { crossentropy, bce, mse, mae, huber, hinge, iou, dice, kl, contrastive };

/** A loss from what `train` was given. @throws LamellaError for an unknown name. */
export function lossOf(given: LossName | Loss): Loss {
  if (typeof given !== "string") return given;
  const create = Object.hasOwn(losses, given) ? losses[given] : undefined;
  if (create === undefined) throw new LamellaError(`there is no loss \`${String(given)}\`; there are ${Object.keys(losses).join(", ")}`);
  return (create as LossFunction<object>)();
}
