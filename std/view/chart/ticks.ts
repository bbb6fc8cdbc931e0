import { formatNumber } from "../numbers.js";

/** An axis: the range shown, and where its ticks stand with their labels. */
export interface Axis {
  readonly minimum: number;
  readonly maximum: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/**
 * Ticks at 1, 2 or 5 times a power of ten, about `count` of them, over a range widened to whole ticks unless `tight`.
 * A range of no extent is widened around its value.
 */
export function linearAxis(minimum: number, maximum: number, options: { count?: number; tight?: boolean; integer?: boolean } = {}): Axis {
  if (!Number.isFinite(minimum) || !Number.isFinite(maximum)) return linearAxis(0, 1, options);
  if (maximum - minimum < 1e-12 * Math.max(1, Math.abs(minimum))) {
    const margin = Math.abs(minimum) > 1e-9 ? Math.abs(minimum) * 0.1 : 0.5;
    return linearAxis(minimum - margin, maximum + margin, options);
  }
  const step = niceStep((maximum - minimum) / (options.count ?? 5), options.integer ?? false);
  const tight = options.tight ?? false;
  const first = tight ? Math.ceil(minimum / step - 1e-9) : Math.floor(minimum / step + 1e-9);
  const last = tight ? Math.floor(maximum / step + 1e-9) : Math.ceil(maximum / step - 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return { value, label: label(value, decimals) };
  });
  return { minimum: tight ? minimum : first * step, maximum: tight ? maximum : last * step, ticks };
}

function niceStep(rough: number, integer: boolean): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  return integer ? Math.max(1, Math.round(step)) : step;
}

function label(value: number, decimals: number): string {
  if (Math.abs(value) >= 1e6 || decimals > 5) return formatNumber(value, 3);
  return Object.is(Number(value.toFixed(decimals)), -0) ? (0).toFixed(decimals) : value.toFixed(decimals);
}
