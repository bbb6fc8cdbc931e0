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

interface BuiltRow {
  readonly site: { readonly line: number; readonly column: number } | null;
  readonly layers: readonly { readonly input: FlowType }[];
  readonly output: FlowType;
  readonly parameters: number;
}

/** The shapes and parameters of every row that could be checked, for hover. */
export function rowShapes(source: string, options: CheckSourceOptions): RowShape[] {
  const { values, map } = checkSource(source, options);
  const rows: RowShape[] = [];
  for (const [network, value] of Object.entries(values)) {
    const built = value as { kind?: string; complete?: boolean; built?: { rows: readonly BuiltRow[] } } | null;
    if (built?.kind !== "network" || built.complete !== true) continue;
    for (const { site, layers, output, parameters } of built.built?.rows ?? []) {
      const info = site === null ? undefined : map.sites[`${site.line}:${site.column}`];
      if (info === undefined) continue;
      rows.push({
        network,
        span: info.call,
        input: layers[0] === undefined ? shapeText(output) : shapeText(layers[0].input),
        output: shapeText(output),
        parameters,
      });
    }
  }
  return rows;
}

function shapeText({ shape }: FlowType): string {
  return shape.length === 0 ? "scalar" : shape.map((dim) => (typeof dim === "number" ? String(dim) : dim.text)).join("x");
}
