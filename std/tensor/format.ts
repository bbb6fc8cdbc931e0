import type { DType } from "./shape.js";
import { formatShape, sizeOf, stridesOf } from "./shape.js";
import type { Tensor } from "./tensor.js";

/** Tensors of more numbers show the first and last of each axis only. */
const fullSize = 1000;
const edge = 3;

/**
 * A tensor in plain text, as NumPy writes arrays: `tensor 2x2 f32 [[1, 2], [3, 4]]`, rows of matrices below each other,
 * columns aligned, the middle of large tensors as `...`.
 */
export function formatTensor(x: Tensor): string {
  const head = `tensor ${formatShape(x.shape)} ${x.dtype}`;
  if (x.symbolic) return `${head} (no value yet)`;
  const shortened = x.size > fullSize;
  const places = x.shape.map((extent) =>
    shortened && extent > 2 * edge ? [...range(0, edge), null, ...range(extent - edge, extent)] : range(0, extent),
  );
  const strides = stridesOf(x.shape);
  const shown: number[] = [];
  const collect = (axis: number, offset: number): void => {
    if (axis === x.rank) shown.push(x.data[offset] as number);
    else
      for (const place of places[axis] as (number | null)[])
        if (place !== null) collect(axis + 1, offset + place * (strides[axis] as number));
  };
  if (sizeOf(x.shape) > 0) collect(0, 0);
  const texts = formatNumbers(shown, x.dtype);
  const width = Math.max(0, ...texts.map((text) => text.length));
  let next = 0;
  const write = (axis: number, indent: number): string => {
    if (axis === x.rank) return (texts[next++] as string).padStart(x.rank === 0 ? 0 : width);
    const parts = (places[axis] as (number | null)[]).map((place) => (place === null ? "..." : write(axis + 1, indent + 1)));
    const innermost = axis === x.rank - 1;
    // Blocks of matrices are set apart by empty lines, one for each axis further out.
    const between = innermost ? ", " : `,${"\n".repeat(x.rank - axis - 1)}${" ".repeat(indent + 1)}`;
    return `[${parts.join(between)}]`;
  };
  const body = write(0, 0);
  return body.includes("\n") ? `${head}\n${body}` : `${head} ${body}`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

/** Numbers with as many decimals as the most precise of them needs, at most four; in scientific notation where they span too much. */
function formatNumbers(values: readonly number[], dtype: DType): string[] {
  if (dtype === "bool") return values.map((value) => (value === 0 ? "false" : "true"));
  if (dtype !== "f32" && dtype !== "f64") return values.map(String);
  const finite = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const largest = Math.max(0, ...finite);
  const smallest = Math.min(Infinity, ...finite);
  if (largest >= 1e8 || (finite.length > 0 && (smallest < 1e-4 || largest / smallest > 1e8)))
    return values.map((value) => scientific(value));
  const decimals = Math.max(0, ...finite.map((value) => trimmed(value.toFixed(4)).split(".")[1]?.length ?? 0));
  return values.map((value) => (Number.isFinite(value) ? (value === 0 ? 0 : value).toFixed(decimals) : special(value)));
}

function scientific(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  return value === 0 ? "0" : value.toExponential(4);
}

function special(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

function trimmed(text: string): string {
  return text.replace(/\.?0+$/, "");
}
