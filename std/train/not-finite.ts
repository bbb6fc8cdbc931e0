import type { Dataset } from "../data/dataset.js";

/** Where an example of a batch holds a number that is none: "example 50 of iris has NaN in its column petal"; null when none does. */
export function notFiniteExample(data: Dataset, batch: Int32Array, columns: readonly string[]): string | null {
  const values = data.batch(batch);
  for (const column of columns) {
    const tensor = values[column];
    if (tensor?.dtype !== "f32") continue;
    const at = tensor.data.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const row = Math.floor(at / (tensor.size / batch.length));
    return `example ${batch[row]} of ${data.name} has ${tensor.data[at]} in its column ${column}`;
  }
  return null;
}

/** Operations that give no number for some numbers whatever the learning rate is. */
const undefinedSomewhere = /: (log|log1p|sqrt|rsqrt|div|reciprocal|pow|asin|acos)\b/;

/** What to do about a loss that is no number. @param origin what was found out about where it came from */
export function adviceFor(origin: string | null, learningRate: number): string {
  if (origin?.startsWith("example ") === true) return "Correct this example or leave it out";
  const rate = Number(learningRate.toPrecision(3));
  const slower = `the learning rate is too large: it was ${rate}, try ${Number((rate / 10).toPrecision(2))}, or bound the gradient with clip 1`;
  if (origin !== null && undefinedSomewhere.test(origin))
    return `This operation gives no number for some inputs (a logarithm or root of a negative number, a division by 0): keep them away from it, as with max(x, 1e-6); or ${slower}`;
  return `Most often ${slower}; else look for a logarithm, root or division of 0 in the net or the loss, or for such numbers in the data`;
}
