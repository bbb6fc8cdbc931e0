import type { NameKind, Names, Registry } from "../registry.js";
import { tokensOf, type Token } from "../tokens.js";

/** What can be said of a place in a cell from its tokens alone: works on cells that are incomplete or wrong. */
export interface Cursor {
  /** The name the cursor is in or behind; empty between tokens. */
  readonly prefix: string;
  readonly span: readonly [start: number, end: number];
  readonly context: CursorContext;
  readonly scope: ReadonlyMap<string, ScopeEntry>;
}

export type CursorContext =
  | { readonly kind: "none" }
  | { readonly kind: "statement" }
  /** At the start of a row, or behind a label. */
  | { readonly kind: "row" }
  /** Behind a bar or a `let x =`. */
  | { readonly kind: "layer"; readonly tensors: boolean }
  /** A value or option of `callee`. */
  | { readonly kind: "argument"; readonly callee: string; readonly place: number; readonly given: readonly string[] }
  | { readonly kind: "option"; readonly callee: string; readonly option: string }
  | { readonly kind: "claim" }
  | { readonly kind: "member"; readonly object: string }
  | { readonly kind: "tap"; readonly network: string }
  | { readonly kind: "trainKey" }
  | { readonly kind: "trainValue"; readonly key: string; readonly place: number }
  | { readonly kind: "network" }
  | { readonly kind: "data" }
  | { readonly kind: "value" };

export interface ScopeEntry {
  readonly kind: NameKind | "dimension" | "hyperparameter";
  /** Its default, its shape, what it is defined as. */
  readonly text: string;
  /** For what stands in a header: the net or block. */
  readonly owner?: string;
  /** For nets and blocks of this cell: what stands in their header. */
  readonly header?: string;
  /** For labels and `let`: the layer that makes it, where its row tells. */
  readonly layer?: string;
  /** For nets of this cell: the labels in their body. */
  readonly labels?: readonly string[];
}

export function cursorAt(source: string, offset: number, registry: Registry, names: Names): Cursor {
  const tokens = tokensOf(source);
  const at = tokens.find(({ span }) => span[0] < offset && offset <= span[1]);
  const scope = scopeAt(tokens, offset, registry, names);
  const nothing: Cursor = { prefix: "", span: [offset, offset], context: { kind: "none" }, scope };
  if (at !== undefined && (at.kind === "comment" || (at.kind === "string" && (offset < at.span[1] || !/^(".*"|'.*')$/u.test(at.text)))))
    return nothing;
  const inName = at?.kind === "name";
  const before = tokens.filter(({ span, kind }) => kind !== "comment" && span[1] <= (inName ? at.span[0] : offset));
  const span = inName ? at.span : ([offset, offset] as const);
  const prefix = inName ? source.slice(at.span[0], offset) : "";
  return { prefix, span, context: contextAfter(before, registry), scope };
}

interface Frame {
  readonly open: Token;
  /** What stands before the brace or parenthesis: the statement's word, the callee. */
  readonly owner: string;
  readonly row: Token[];
}

/** Walks the tokens before the cursor and keeps what is open: bodies, parentheses, the row so far. */
function framesOf(tokens: readonly Token[]): Frame[] {
  const frames: Frame[] = [{ open: { kind: "symbol", text: "", span: [0, 0] }, owner: "", row: [] }];
  for (const token of tokens) {
    const frame = frames.at(-1) as Frame;
    if (token.text === "{" || token.text === "(" || token.text === "[") {
      const last = frame.row.at(-1);
      const owner =
        token.text === "{"
          ? (frame.row.find(({ text }) => ["net", "block", "train", "repeat", "if", "else"].includes(text))?.text ?? "")
          : last?.kind === "name" && token.span[0] === last.span[1]
            ? last.text
            : token.text === "(" && last?.kind === "name"
              ? last.text
              : "";
      frame.row.push(token);
      frames.push({ open: token, owner, row: [] });
    } else if (token.text === "}" || token.text === ")" || token.text === "]") {
      while (frames.length > 1) {
        const closed = frames.pop() as Frame;
        if ((closed.open.text === "{") === (token.text === "}")) break;
      }
      const outer = frames.at(-1) as Frame;
      if (token.text === "}") outer.row.length = 0;
      else outer.row.push(token);
    } else if (token.kind === "newline" || token.text === ";") {
      // A line that ends with a comma or a bar goes on.
      const open = frame.open.text;
      if (open !== "(" && open !== "[" && !["|", ","].includes(frame.row.at(-1)?.text ?? "")) frame.row.length = 0;
      // A parenthesis left open on an earlier line: a keyword on a new one ends it.
    } else frame.row.push(token);
  }
  return frames;
}

function contextAfter(before: readonly Token[], registry: Registry): CursorContext {
  const frames = framesOf(before);
  const frame = frames.at(-1) as Frame;
  const { row } = frame;
  const last = row.at(-1);
  const body = frames.findLast(({ open }) => open.text === "{");
  if (last?.text === ".") {
    const object = memberText(row.slice(0, -1));
    return object === "" ? { kind: "none" } : { kind: "member", object };
  }
  if (last?.text === ".." && frame.open.text === "[") return { kind: "tap", network: frame.owner };
  if (frame.open.text === "(" || frame.open.text === "[") {
    if (frame.owner !== "" && frame.open.text === "(") {
      const outer = frames.at(-2)?.row ?? [];
      const header =
        outer.some(({ text }) => text === "net" || text === "block") &&
        outer.indexOf(outer.find(({ text }) => text === frame.owner) as Token) <= 2 &&
        body === undefined;
      if (header) return { kind: last?.text === ":" || last?.text === "=" ? "value" : "none" };
      // `residual (attention heads=heads | …)`: the layer nearest before the cursor.
      const inner =
        row.some(({ text }) => text === "|") ||
        (row[0]?.kind === "name" && row[1] !== undefined && row[1].text !== "," && row[1].text !== "=" && registry.layers.has(row[0].text));
      if (inner) return rowContext(row, registry, false);
      return argumentContext(frame.owner, row);
    }
    return last === undefined || last.text === "," ? { kind: "value" } : rowContext(row, registry, false);
  }
  if (body === undefined) return statementContext(row, registry);
  if (body.owner === "train") return trainContext(row);
  return rowContext(row, registry, true);
}

function memberText(row: readonly Token[]): string {
  let text = "";
  for (let i = row.length - 1; i >= 0; i--) {
    const { kind, text: one } = row[i] as Token;
    if (kind !== "name" && kind !== "number" && one !== "." && one !== "[" && one !== "]") break;
    if (kind === "name" && text !== "" && !text.startsWith(".") && !text.startsWith("[")) break;
    text = one + text;
  }
  return text;
}

function statementContext(row: readonly Token[], registry: Registry): CursorContext {
  const [first] = row;
  if (first === undefined) return { kind: "statement" };
  if (first.text === "train") return row.some(({ text }) => text === "on") ? { kind: "data" } : { kind: "network" };
  if (first.text === "show" || first.text === "save" || first.text === "load") {
    if (row.at(-1)?.text === "to" || row.at(-1)?.text === "from") return { kind: "none" };
    return row.length === 1 ? { kind: "value" } : rowContext(row.slice(1), registry, false);
  }
  if (first.text === "net" || first.text === "block") return { kind: "none" };
  return rowContext(row, registry, false);
}

function trainContext(row: readonly Token[]): CursorContext {
  const [first] = row;
  if (first === undefined) return { kind: "trainKey" };
  if (first.text === "update") return row.length === 1 ? { kind: "network" } : { kind: "value" };
  if (first.text === "let") return { kind: "value" };
  const last = row.at(-1) as Token;
  if (last.text === "=") return { kind: "option", callee: first.text, option: row.at(-2)?.text ?? "" };
  return { kind: "trainValue", key: first.text, place: row.filter(({ text }) => text === ",").length };
}

function rowContext(row: readonly Token[], registry: Registry, isRow: boolean): CursorContext {
  if (row.length === 0) return isRow ? { kind: "row" } : { kind: "layer", tensors: true };
  const claim = row.findLastIndex(({ text }) => text === "->");
  if (claim !== -1) return { kind: "claim" };
  const bar = row.findLastIndex(({ text }) => text === "|" || text === ":");
  const letAt = row[0]?.text === "let" ? row.findIndex(({ text }) => text === "=") : -1;
  if (row[0]?.text === "let" && letAt === -1) return { kind: "none" };
  const start = Math.max(bar, letAt);
  const part = row.slice(start + 1);
  const [first] = part;
  if (first === undefined) return row[start]?.text === "|" ? { kind: "layer", tensors: false } : { kind: "layer", tensors: true };
  if (["if", "repeat", "in", "default", "out"].includes(first.text)) {
    return first.text === "default" ? defaultContext(part) : { kind: "value" };
  }
  if (first.kind === "name") {
    const second = part[1];
    const formula = second !== undefined && second.kind === "symbol" && second.text !== "[" && second.text !== "-";
    if (formula) return { kind: "value" };
    return argumentContext(first.text, part.slice(1));
  }
  return { kind: "value" };
}

function defaultContext(part: readonly Token[]): CursorContext {
  const last = part.at(-1);
  if (last?.text === "=") return { kind: "option", callee: "default", option: part.at(-2)?.text ?? "" };
  return { kind: "argument", callee: "default", place: 0, given: [] };
}

function argumentContext(callee: string, given: readonly Token[]): CursorContext {
  const last = given.at(-1);
  if (last?.text === "=") return { kind: "option", callee, option: given.at(-2)?.text ?? "" };
  if (last !== undefined && last.text !== "," && last.kind !== "symbol") return { kind: "none" };
  const names = given.filter((token, index) => token.kind === "name" && given[index + 1]?.text === "=").map(({ text }) => text);
  return { kind: "argument", callee, place: given.filter(({ text }) => text === ",").length, given: names };
}

/** Names that can be used at a place. Definitions of the cell count wherever they stand; those of a body only before the place. */
export function scopeAt(tokens: readonly Token[], offset: number, registry: Registry, names: Names): Map<string, ScopeEntry> {
  const scope = new Map<string, ScopeEntry>();
  for (const [name, kind] of Object.entries(names)) scope.set(name, { kind, text: kind });
  const real = tokens.filter(({ kind }) => kind !== "comment" && kind !== "newline");
  let body: { start: number; end: number } | null = null;
  for (const [index, token] of real.entries()) {
    if (token.text !== "net" && token.text !== "block") continue;
    const title = real[index + 1];
    if (title?.kind !== "name") continue;
    const headerEnd = matching(real, index + 2);
    const opened = real[headerEnd + 1]?.text === "{" ? headerEnd + 1 : -1;
    const closed = opened === -1 ? real.length - 1 : matching(real, opened);
    const header = real.slice(index + 2, headerEnd + 1);
    const inside = real.slice(opened + 1, closed);
    const labels = inside.flatMap(({ kind, text }, i) =>
      kind === "name" && (inside[i + 1]?.text === ":" || inside[i - 1]?.text === "let") ? [text] : [],
    );
    const headerText = header.length === 0 ? "()" : sourceText(header);
    scope.set(title.text, {
      kind: token.text === "net" ? "network" : "block",
      text: `${token.text} ${title.text}${headerText}`,
      header: headerText,
      labels,
    });
    const start = token.span[0];
    const end = real[closed]?.span[1] ?? Infinity;
    if (offset > start && offset <= (real[closed]?.text === "}" ? end : Infinity)) {
      body = { start: opened === -1 ? Infinity : (real[opened]?.span[1] ?? Infinity), end };
      if (token.text === "block") scope.set("x", { kind: "tensor", text: "the flow the block is applied to" });
      headerNames(header, title.text, scope);
    }
  }
  for (const [index, token] of real.entries()) {
    const inBody: boolean = body !== null && token.span[0] >= body.start && token.span[1] <= offset;
    const top = !insideBody(real, index);
    if (token.text === "let" && real[index + 1]?.kind === "name" && (inBody || top)) {
      const first = real[index + 3];
      const isTensor = first !== undefined && scope.get(first.text)?.kind === "tensor";
      scope.set((real[index + 1] as Token).text, {
        kind: isTensor ? "tensor" : first !== undefined && registry.layers.has(first.text) ? "layer" : "any",
        text: "let",
        ...madeBy(real, tokens, index + 3, registry),
      });
    } else if (inBody && token.kind === "name" && real[index + 1]?.text === ":") {
      scope.set(token.text, { kind: "tensor", text: "label", ...madeBy(real, tokens, index + 2, registry) });
    } else if (inBody && token.text === "repeat") {
      for (let i = index + 1; i < index + 12 && real[i] !== undefined && real[i]?.text !== "in" && real[i]?.text !== "{"; i++) {
        const one = real[i] as Token;
        if (one.kind === "name" && real.slice(i, i + 8).some(({ text }) => text === "in"))
          scope.set(one.text, { kind: "hyperparameter", text: "from repeat" });
      }
    }
  }
  return scope;
}

/** The last layer of the row that starts at `from`. */
function madeBy(real: readonly Token[], tokens: readonly Token[], from: number, registry: Registry): { layer?: string } {
  const start = real[from]?.span[0];
  if (start === undefined) return {};
  const row: Token[] = [];
  let depth = 0;
  for (const token of tokens.slice(tokens.indexOf(real[from] as Token))) {
    if (token.kind === "comment") continue;
    if (token.text === "(" || token.text === "[" || token.text === "{") depth++;
    if (token.text === ")" || token.text === "]" || token.text === "}") depth--;
    const ends = token.kind === "newline" && !["|", ","].includes(row.at(-1)?.text ?? "");
    if (depth < 0 || (depth === 0 && (ends || token.text === ";" || token.text === "->"))) break;
    if (token.kind !== "newline") row.push(token);
  }
  let last = 0;
  for (const [index, token] of row.entries()) if (token.text === "|" && depthAt(row, index) === 0) last = index + 1;
  const name = row[last]?.text ?? "";
  return registry.layers.has(name) ? { layer: name } : {};
}

function insideBody(tokens: readonly Token[], index: number): boolean {
  let depth = 0;
  for (let i = 0; i < index; i++) {
    if (tokens[i]?.text === "{") depth++;
    else if (tokens[i]?.text === "}") depth--;
  }
  return depth > 0;
}

function headerNames(header: readonly Token[], owner: string, scope: Map<string, ScopeEntry>): void {
  for (let i = 0; i < header.length; i++) {
    const token = header[i] as Token;
    const previous = header[i - 1]?.text;
    if (token.kind !== "name" || (previous !== "(" && previous !== ",") || depthAt(header, i) !== 1) continue;
    let end = i + 1;
    while (end < header.length && !(depthAt(header, end) === 1 && header[end]?.text === ",") && end < header.length - 1) end++;
    const value = header.slice(i + 2, end);
    if (header[i + 1]?.text === ":") {
      scope.set(token.text, { kind: "tensor", text: sourceText(value) });
      for (const dim of value)
        if (dim.kind === "name" && dim.text !== "x" && dim.text !== "int")
          scope.set(dim.text, { kind: "dimension", text: `a dimension of ${token.text}`, owner });
    } else scope.set(token.text, { kind: "hyperparameter", text: header[i + 1]?.text === "=" ? sourceText(value) : "", owner });
  }
}

function depthAt(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (let i = 0; i < index; i++) {
    const { text } = tokens[i] as Token;
    if (text === "(" || text === "[" || text === "{") depth++;
    else if (text === ")" || text === "]" || text === "}") depth--;
  }
  return depth;
}

/** The index of what closes the brace at `index`; the last token when nothing does; `index - 1` when no brace stands there. */
function matching(tokens: readonly Token[], index: number): number {
  const open = tokens[index]?.text;
  if (open !== "(" && open !== "{") return index - 1;
  let depth = 0;
  for (let i = index; i < tokens.length; i++) {
    const { text } = tokens[i] as Token;
    if (text === "(" || text === "[" || text === "{") depth++;
    else if ((text === ")" || text === "]" || text === "}") && --depth === 0) return i;
    // A header that is not closed ends where its body starts.
    if (open === "(" && text === "{" && i > index) return i - 1;
  }
  return tokens.length - 1;
}

function sourceText(tokens: readonly Token[]): string {
  return tokens.map(({ text, span }, index) => (index > 0 && span[0] > (tokens[index - 1] as Token).span[1] ? ` ${text}` : text)).join("");
}
