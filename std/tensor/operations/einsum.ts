import { ShapeError } from "../../errors.js";
import { formatShape, sizeOf, type Shape } from "../shape.js";
import { Tensor } from "../tensor.js";
import { mul } from "./arithmetic.js";
import { matmul } from "./matmul.js";
import { sum } from "./reductions.js";
import { reshape, transpose } from "./reshaping.js";

/** A tensor whose axes have names. */
interface Named {
  readonly tensor: Tensor;
  readonly axes: readonly string[];
}

/**
 * Einstein's summation: `einsum("bij,bjk->bik", a, b)` is a batched matrix product. Axes that are not in the result are
 * summed over; without `->` the result has the axes that occur once, in the alphabet's order. `...` stands for leading axes.
 * Computed as one matrix product for each operand after the first.
 * @throws ShapeError when the terms do not fit the operands, or one letter has two extents.
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(equation, operands);
  const extents = new Map<string, number>();
  for (const { tensor, axes } of inputs) {
    for (const [at, axis] of axes.entries()) {
      const extent = tensor.shape[at] as number;
      const known = extents.get(axis);
      if (known !== undefined && known !== extent)
        throw new ShapeError(
          `einsum "${equation}": axis ${axis} is ${known} in one operand and ${extent} in another ` +
            `(${operands.map(({ shape }) => formatShape(shape)).join(", ")})`,
        );
      extents.set(axis, extent);
    }
  }
  const missing = output.find((axis) => !extents.has(axis));
  if (missing !== undefined) throw new ShapeError(`einsum "${equation}": axis ${missing} of the result is in no operand`);
  const single = inputs.map(takeDiagonals);
  const result = single.reduce((left, right, index) => {
    const needed = new Set([...output, ...single.slice(index + 1).flatMap(({ axes }) => axes)]);
    return contract(left, right, needed);
  });
  const summed = sumOut(result, new Set(output));
  return transpose(
    summed.tensor,
    output.map((axis) => summed.axes.indexOf(axis)),
  );
}

function parse(equation: string, operands: readonly Tensor[]): { inputs: Named[]; output: string[] } {
  const match = /^\s*([a-zA-Z.,\s]*?)\s*(?:->\s*([a-zA-Z.\s]*))?$/.exec(equation);
  if (match === null)
    throw new ShapeError(
      `einsum: "${equation}" must be letters for axes, commas between operands, and -> before the result, as in "bij,bjk->bik"`,
    );
  const terms = (match[1] as string).replaceAll(/\s/g, "").split(",");
  if (terms.length !== operands.length)
    throw new ShapeError(`einsum "${equation}": there are ${terms.length} terms, but ${operands.length} operands`);
  let mostHidden = 0;
  const inputs = terms.map((term, index) => {
    const tensor = operands[index] as Tensor;
    const named = term.replace("...", "").length;
    const hidden = term.includes("...") ? tensor.rank - named : 0;
    if (named + hidden !== tensor.rank || hidden < 0)
      throw new ShapeError(
        `einsum "${equation}": the term "${term}" names ${named} axes, but operand ${index} is ${formatShape(tensor.shape)}`,
      );
    mostHidden = Math.max(mostHidden, hidden);
    return { tensor, axes: axesOf(term, hidden) };
  });
  if (match[2] !== undefined) return { inputs, output: axesOf(match[2].replaceAll(/\s/g, ""), mostHidden) };
  const count = new Map<string, number>();
  for (const axis of inputs.flatMap(({ axes }) => axes)) count.set(axis, (count.get(axis) ?? 0) + 1);
  const once = [...count].flatMap(([axis, times]) => (times === 1 && !axis.startsWith("...") ? [axis] : [])).sort();
  return { inputs, output: [...axesOf("...", mostHidden), ...once] };
}

const letters = (term: string): string[] => term.split("");

/** One name per axis; those behind `...` are counted from the last, so that operands of other ranks align there. */
function axesOf(term: string, hidden: number): string[] {
  const dots = Array.from({ length: hidden }, (_, at) => `...${hidden - at}`);
  const at = term.indexOf("...");
  return at < 0 ? letters(term) : [...letters(term.slice(0, at)), ...dots, ...letters(term.slice(at + 3))];
}

/** "ii" reads the diagonal: what is off it is multiplied by 0 and one of the two axes summed over. */
function takeDiagonals({ tensor, axes }: Named): Named {
  const second = axes.findIndex((axis, at) => axes.indexOf(axis) < at);
  if (second < 0) return { tensor, axes };
  const first = axes.indexOf(axes[second] as string);
  const extent = tensor.shape[first] as number;
  const mask = new Float32Array(extent * extent);
  for (let i = 0; i < extent; i++) mask[i * extent + i] = 1;
  const shape: Shape = axes.map((_, at) => (at === first || at === second ? extent : 1));
  const diagonal = sum(mul(tensor, new Tensor({ shape, dtype: "f32" }, mask)), { axes: second });
  return takeDiagonals({ tensor: diagonal, axes: axes.filter((_, at) => at !== second) });
}

function sumOut({ tensor, axes }: Named, needed: ReadonlySet<string>): Named {
  const unneeded = axes.flatMap((axis, at) => (needed.has(axis) ? [] : [at]));
  if (unneeded.length === 0) return { tensor, axes };
  return { tensor: sum(tensor, { axes: unneeded }), axes: axes.filter((axis) => needed.has(axis)) };
}

/** One batched matrix product: shared needed axes are the batch, shared unneeded ones the inner axis. */
function contract(left: Named, right: Named, needed: ReadonlySet<string>): Named {
  const a = sumOut(left, new Set([...needed, ...right.axes]));
  const b = sumOut(right, new Set([...needed, ...left.axes]));
  const shared = a.axes.filter((axis) => b.axes.includes(axis));
  const batch = shared.filter((axis) => needed.has(axis));
  const inner = shared.filter((axis) => !needed.has(axis));
  const rows = a.axes.filter((axis) => !shared.includes(axis));
  const columns = b.axes.filter((axis) => !shared.includes(axis));
  const product = matmul(arrange(a, batch, rows, inner), arrange(b, batch, inner, columns)); // batch x rows x columns
  const extent = (axis: string): number =>
    a.axes.includes(axis) ? (a.tensor.shape[a.axes.indexOf(axis)] as number) : (b.tensor.shape[b.axes.indexOf(axis)] as number);
  const axes = [...batch, ...rows, ...columns];
  return { tensor: reshape(product, axes.map(extent)), axes };
}

/** The tensor as a batch of matrices. */
function arrange({ tensor, axes }: Named, batch: readonly string[], rows: readonly string[], columns: readonly string[]): Tensor {
  const place = (axis: string): number => axes.indexOf(axis);
  const ordered = transpose(tensor, [...batch, ...rows, ...columns].map(place));
  const extents = (group: readonly string[]): number => sizeOf(group.map((axis) => tensor.shape[place(axis)] as number));
  return reshape(ordered, [extents(batch), extents(rows), extents(columns)]);
}
