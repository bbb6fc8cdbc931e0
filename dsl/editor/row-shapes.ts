import type { FlowType } from "../../std/layers/definition.js";
import { checkSource, type CheckSourceOptions } from "../run.js";
import type { Span } from "../syntax.js";

/** A row of a cell as it was built: what came in, what goes out. A row of a block stands here once for each use. */
export interface RowShape {
  readonly network: string;
  readonly span: Span;
  readonly input: string;
  readonly output: string;
  readonly parameters: number;
}

/** What the names of a header stood for when the cell was built: by net or block, by name, each value once. */
export type Bindings = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

interface BuiltRow {
  readonly site: { readonly line: number; readonly column: number } | null;
  readonly input: FlowType | null;
  readonly output: FlowType;
  readonly parameters: number;
}

interface BuiltCell {
  readonly kind?: string;
  readonly complete?: boolean;
  readonly built?: { readonly rows: readonly BuiltRow[]; readonly bindings: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> };
}

/** The shapes and parameters of every row that could be checked. */
export function rowShapes(source: string, options: CheckSourceOptions): RowShape[] {
  return builtCell(source, options).rows;
}

/** What hover and completion show of a cell beyond its text; empty where nothing can be checked. */
export function builtCell(source: string, options: CheckSourceOptions): { rows: RowShape[]; bindings: Bindings } {
  // Nets with mistakes count too: the rows before the first one have their shapes.
  const { built, map } = checkSource(source, options);
  const rows: RowShape[] = [];
  const bindings: Record<string, Record<string, string[]>> = {};
  for (const [network, value] of Object.entries(built)) {
    const net = value as BuiltCell | null;
    if (net?.kind !== "network" || net.complete !== true) continue;
    for (const { site, input, output, parameters } of net.built?.rows ?? []) {
      const info = site === null ? undefined : map.sites[`${site.line}:${site.column}`];
      if (info === undefined || input === null || output.shape.length === 0) continue;
      rows.push({ network, span: info.call, input: shapeText(input), output: shapeText(output), parameters });
    }
    for (const [owner, names] of net.built?.bindings ?? []) {
      const known = (bindings[owner] ??= {});
      for (const [name, texts] of names) known[name] = [...new Set([...(known[name] ?? []), ...texts])];
    }
  }
  return { rows, bindings };
}

function shapeText({ shape }: FlowType): string {
  return shape.map((dim) => (typeof dim === "number" ? String(dim) : dim.text)).join("x");
}
