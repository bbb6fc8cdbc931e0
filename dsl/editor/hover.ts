import type { ArgumentSpec } from "../../std/layers/definition.js";
import { tokensOf, type Token } from "../tokens.js";
import { valueNow, type EditorOptions } from "./complete.js";
import { describeKnown, describeKey, describeOption, describeTrainEntry } from "./describe.js";
import { cursorAt, type ScopeEntry } from "./cursor.js";
import type { RowShape } from "./row-shapes.js";

export interface Hover {
  readonly start: number;
  readonly end: number;
  /** In Markdown. */
  readonly text: string;
}

export interface HoverOptions extends EditorOptions {
  /** The shapes of the cell's rows, where it could be checked (`rowShapes`). */
  readonly rows?: readonly RowShape[];
}

/** What the name at a place is: a layer and its options, an option, a name of the scope; with the row's shapes and parameters. */
export function hoverAt(source: string, offset: number, options: HoverOptions): Hover | null {
  const tokens = tokensOf(source);
  const index = tokens.findIndex(({ span }) => span[0] <= offset && offset < span[1]);
  const token = tokens[index] ?? tokens.find(({ span }) => span[1] === offset);
  if (token === undefined || token.kind === "comment" || token.kind === "newline") return null;
  const row = rowText(token, options.rows ?? []);
  const text = token.kind === "name" ? describeName(token, tokens, source, options) : null;
  if (text === null && row === null) return null;
  return { start: token.span[0], end: token.span[1], text: [text, row].filter((part) => part !== null).join("\n\n") };
}

function rowText(token: Token, rows: readonly RowShape[]): string | null {
  // The innermost row around the token.
  const around = rows
    .filter(({ span }) => span[0] <= token.span[0] && token.span[1] <= span[1])
    .sort((a, b) => a.span[1] - a.span[0] - (b.span[1] - b.span[0]));
  const [row] = around;
  if (row === undefined) return null;
  const uses = around.filter(({ span }) => span[0] === row.span[0] && span[1] === row.span[1]);
  const shapes = uses
    .slice(0, 4)
    .map(({ input, output, parameters }) => `\`${input} -> ${output}\`, ${parameters.toLocaleString("en")} parameters`);
  return shapes.join("  \n") + (uses.length > 4 ? `  \nand ${uses.length - 4} more` : "");
}

function describeName(token: Token, tokens: readonly Token[], source: string, options: HoverOptions): string | null {
  const { registry } = options;
  const cursor = cursorAt(source, token.span[1], registry, options.names ?? {});
  const { context, scope } = cursor;
  const next = tokens.find(({ span, kind }) => span[0] >= token.span[1] && kind !== "comment");
  if (next?.text === "=" && context.kind === "argument") {
    const spec = specsFor(context.callee, options).find(({ name }) => name === token.text);
    if (spec !== undefined) return `**${spec.name}** of \`${context.callee}\`: ${describeOption(spec)}`;
  }
  if (context.kind === "trainKey") {
    const key = registry.train.keys.find(({ name }) => name === token.text);
    if (key !== undefined) return describeKey(key);
  }
  if (context.kind === "trainValue" || context.kind === "option") {
    for (const family of Object.values(registry.train.families)) {
      const entry = family.find(({ name }) => name === token.text);
      if (entry !== undefined) return describeTrainEntry(entry);
    }
  }
  const entry = scope.get(token.text);
  if (entry !== undefined && !(registry.layers.has(token.text) && entry.kind === "tensor" && next?.text === ":"))
    return describeEntry(token.text, entry, valueNow(token.text, entry, options));
  return describeKnown(token.text, registry);
}

function specsFor(callee: string, { registry }: HoverOptions): readonly ArgumentSpec[] {
  return (
    registry.layers.get(callee)?.arguments ??
    registry.initializers.get(callee)?.arguments ??
    Object.values(registry.train.families)
      .flat()
      .find(({ name }) => name === callee)?.arguments ??
    []
  );
}

function describeEntry(name: string, { kind, text, owner }: ScopeEntry, now: string): string {
  const also = now === "" ? "" : `; ${now}`;
  switch (kind) {
    case "hyperparameter":
      if (owner === undefined) return `**${name}**: ${text}`;
      return `**${name}**: a hyperparameter${text === "" ? " without a default" : `, ${name}=${text}`}${also}`;
    case "dimension":
      return `**${name}**: ${text}${now === "" ? ", bound when data arrives" : also}`;
    case "tensor":
      return `**${name}**: a tensor${text === "let" || text === "label" ? "" : `, ${text}`}`;
    case "network":
    case "block":
      return `\`${text}\``;
    case "any":
      return `**${name}**: a name of this notebook${also}`;
    case "layer":
    case "dataset":
    case "value":
      return `**${name}**: a ${kind}${also}`;
  }
}
