import type { TypedArray } from "../tensor/shape.js";
import { formatCount, formatNumber } from "./numbers.js";

/** What a line about a tensor says. Minimum, maximum and mean are of the finite numbers; NaN and infinity are counted apart. */
export interface Statistics {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly deviation: number;
  readonly finite: number;
  readonly nan: number;
  readonly infinite: number;
}

export function statisticsOf(values: TypedArray | readonly number[]): Statistics {
  let minimum = Infinity;
  let maximum = -Infinity;
  let sum = 0;
  let finite = 0;
  let nan = 0;
  let infinite = 0;
  for (const value of values) {
    if (Number.isFinite(value)) {
      finite++;
      sum += value;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    } else if (Number.isNaN(value)) nan++;
    else infinite++;
  }
  const mean = finite === 0 ? NaN : sum / finite;
  let squares = 0;
  for (const value of values) if (Number.isFinite(value)) squares += (value - mean) ** 2;
  return { minimum, maximum, mean, deviation: finite === 0 ? NaN : Math.sqrt(squares / finite), finite, nan, infinite };
}

/** `min -1.2, mean 0.03, max 4.1, sd 0.9`, with `12 NaN` and `1 infinite` where there are any. */
export function statisticsText(statistics: Statistics): string {
  const { minimum, maximum, mean, deviation, finite, nan, infinite } = statistics;
  return [
    ...(finite === 0
      ? []
      : [`min ${formatNumber(minimum)}`, `mean ${formatNumber(mean)}`, `max ${formatNumber(maximum)}`, `sd ${formatNumber(deviation)}`]),
    ...(nan === 0 ? [] : [`${formatCount(nan)} NaN`]),
    ...(infinite === 0 ? [] : [`${formatCount(infinite)} infinite`]),
  ].join(", ");
}

/** The finite range of some numbers; [0, 1] when there are none. */
export function rangeOf(values: Iterable<number>): [number, number] {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return minimum <= maximum ? [minimum, maximum] : [0, 1];
}
