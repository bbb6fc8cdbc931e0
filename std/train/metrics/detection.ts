import { ShapeError } from "../../errors.js";
import { formatShape } from "../../tensor/shape.js";
import { boxOverlap } from "./classification.js";
import { defineMetric, type Metric, type OutputArgument } from "./metric.js";

/** A box somebody answered: left, top, right, bottom, how sure, of which class, in which image. */
export interface Detection {
  readonly box: readonly number[];
  readonly score: number;
  readonly label: number;
  readonly image: number;
}

export type Truth = Omit<Detection, "score">;

export interface AveragePrecisionOptions {
  /** Smallest overlap that counts as found. Default 0.5. */
  readonly iou?: number;
  /** `area`: under the whole curve (VOC from 2010 on); `voc`: at 11 recalls (VOC 2007); `coco`: at 101 recalls. Default `area`. */
  readonly style?: "area" | "voc" | "coco";
}

/**
 * Mean average precision over the classes that occur: detections in order of their score, each true box found at most once.
 * COCO's headline figure is the mean of this over `iou` 0.5, 0.55 … 0.95 with `style: "coco"`.
 */
export function meanAveragePrecision(
  detections: readonly Detection[],
  truths: readonly Truth[],
  options: AveragePrecisionOptions = {},
): number {
  const labels = [...new Set(truths.map((truth) => truth.label))];
  const each = labels.map((label) =>
    averagePrecision(
      detections.filter((detection) => detection.label === label),
      truths.filter((truth) => truth.label === label),
      options,
    ),
  );
  return each.length === 0 ? Number.NaN : each.reduce((sum, value) => sum + value, 0) / each.length;
}

function averagePrecision(
  detections: readonly Detection[],
  truths: readonly Truth[],
  { iou = 0.5, style = "area" }: AveragePrecisionOptions,
): number {
  const ordered = [...detections].sort((a, b) => b.score - a.score);
  const byImage = new Map<number, Truth[]>();
  for (const truth of truths) byImage.set(truth.image, [...(byImage.get(truth.image) ?? []), truth]);
  const found = new Set<Truth>();
  const precision: number[] = [];
  const recall: number[] = [];
  for (const [index, detection] of ordered.entries()) {
    const match = bestMatch(detection, byImage.get(detection.image) ?? [], iou, style === "coco" ? found : new Set());
    if (match !== null) found.add(match);
    recall.push(found.size / truths.length);
    precision.push(found.size / (index + 1));
  }
  // The precision at a recall is the best one at this recall or more.
  for (let index = precision.length - 2; index >= 0; index--)
    precision[index] = Math.max(precision[index] as number, precision[index + 1] as number);
  if (style === "area") {
    return precision.reduce((sum, value, index) => sum + value * ((recall[index] as number) - (recall[index - 1] ?? 0)), 0);
  }
  const steps = style === "voc" ? 10 : 100;
  let total = 0;
  for (let step = 0; step <= steps; step++) {
    const at = recall.findIndex((value) => value >= step / steps - 1e-12);
    total += at === -1 ? 0 : (precision[at] as number);
  }
  return total / (steps + 1);
}

/** The box with the greatest overlap of at least `iou`; COCO lets a detection take the next best that is still free, VOC gives it the best one only. */
function bestMatch(detection: Detection, truths: readonly Truth[], iou: number, taken: ReadonlySet<Truth>): Truth | null {
  let best: Truth | null = null;
  let overlap = iou;
  for (const truth of truths) {
    const value = boxOverlap(detection.box, 0, truth.box, 0);
    if (!taken.has(truth) && value >= overlap) {
      overlap = value;
      best = truth;
    }
  }
  return best;
}

/** Average precision where each example has one box: outputs `batch x 4`, or `batch x 5` with the score last. */
export const map: (args?: OutputArgument & AveragePrecisionOptions) => Metric = defineMetric<OutputArgument & AveragePrecisionOptions>(
  "map",
  (options) => {
    const detections: Detection[] = [];
    const truths: Truth[] = [];
    return {
      add: ({ prediction, predictionShape, target, targetShape }) => {
        const width = predictionShape.at(-1);
        if (predictionShape.length !== 2 || (width !== 4 && width !== 5) || targetShape.length !== 2 || targetShape[1] !== 4) {
          throw new ShapeError(
            `map: outputs of batch x 4 (or 5, with the score) and targets of batch x 4 are expected, but they are ${formatShape(predictionShape)} and ${formatShape(targetShape)}`,
          );
        }
        for (let row = 0; row < (predictionShape[0] as number); row++) {
          const image = truths.length;
          const numbers = Array.from({ length: width }, (_, column) => prediction[row * width + column] as number);
          detections.push({ box: numbers.slice(0, 4), score: numbers[4] ?? 1, label: 0, image });
          truths.push({ box: Array.from({ length: 4 }, (_, column) => target[row * 4 + column] as number), label: 0, image });
        }
      },
      value: () => meanAveragePrecision(detections, truths, options),
    };
  },
  ({ iou = 0.5 }) => `map${Math.round(iou * 100)}`,
);
