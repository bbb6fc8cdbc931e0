import { defineMetric, requireSameSize, type Metric, type MetricRun, type OutputArgument } from "./metric.js";

/** The mean of a function of prediction and target over all numbers, and what is made of it at the end. */
function meanOf(
  who: string,
  each: (prediction: number, target: number) => number,
  finish: (mean: number) => number = (mean) => mean,
): MetricRun {
  let total = 0;
  let count = 0;
  return {
    add: (batch) => {
      const size = requireSameSize(who, batch);
      for (let index = 0; index < size; index++) total += each(batch.prediction[index] as number, batch.target[index] as number);
      count += size;
    },
    value: () => finish(total / count),
  };
}

/** Mean absolute error. */
export const mae: (args?: OutputArgument) => Metric = defineMetric<OutputArgument>("mae", () => meanOf("mae", (y, t) => Math.abs(y - t)));

/** Mean squared error. */
export const mse: (args?: OutputArgument) => Metric = defineMetric<OutputArgument>("mse", () => meanOf("mse", (y, t) => (y - t) ** 2));

/** Root of the mean squared error, in the target's unit. */
export const rmse: (args?: OutputArgument) => Metric = defineMetric<OutputArgument>("rmse", () =>
  meanOf("rmse", (y, t) => (y - t) ** 2, Math.sqrt),
);

/** The share of the target's variance that is explained: `1 - sum (y - t)^2 / sum (t - mean t)^2`. */
export const r2: (args?: OutputArgument) => Metric = defineMetric<OutputArgument>("r2", () => {
  let count = 0;
  let mean = 0;
  // Welford's running sum of squares: adding up squares first would lose all digits for targets far from zero.
  let spread = 0;
  let residual = 0;
  return {
    add: (batch) => {
      const size = requireSameSize("r2", batch);
      for (let index = 0; index < size; index++) {
        const target = batch.target[index] as number;
        residual += ((batch.prediction[index] as number) - target) ** 2;
        count += 1;
        const distance = target - mean;
        mean += distance / count;
        spread += distance * (target - mean);
      }
    },
    value: () => (count === 0 ? Number.NaN : 1 - residual / spread),
  };
});
