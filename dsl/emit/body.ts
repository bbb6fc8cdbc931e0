import { bodyScope, kindOf, startKind, type Scope } from "../scope.js";
import {
  children,
  type BlockStatement,
  type Body,
  type Claim,
  type FlowRow,
  type IfRow,
  type LetRow,
  type Located,
  type NetStatement,
  type Repeat,
  type Row,
  type ShapeExpression,
  type SkippedRow,
  type Span,
} from "../syntax.js";
import { join, textOf, type Code, type SiteInfo } from "./code.js";
import type { EmitContext } from "./context.js";
import { taken } from "./words.js";
import { argumentSpans, chained, emitExpression, emitItem, emitValue, property } from "./expression.js";

/** Where the flow stands: in its variable, once that is declared, or still in another name. */
interface BodyState {
  declared: boolean;
  start: string | null;
}

/** Emits the body of one net or block. */
export class BodyEmitter implements EmitContext {
  readonly #source: string;
  readonly #outerUse: (name: string) => void;
  readonly #locals = new Set<string>();
  readonly #layers = new Set<string>();
  readonly #mentioned = new Set<string>();
  readonly #parameters = new Set<string>();
  readonly #outerNames = new Set<string>();
  readonly #statement: NetStatement | BlockStatement;
  #flow = "flow";
  #indent: number;

  constructor(statement: NetStatement | BlockStatement, source: string, outerUse: (name: string) => void, indent = 1) {
    this.#indent = indent;
    this.#statement = statement;
    this.#source = source;
    this.#outerUse = outerUse;
    collectMentions(statement.body, this.#mentioned);
    if (this.#mentioned.has("flow") || statement.parameters.some(({ name }) => name.text === "flow")) this.#flow = "current";
  }

  rename(name: string): string {
    return taken.has(name) || name === this.#flow || (this.#layers.has(name) && this.#locals.has(name)) ? `${name}_` : name;
  }

  isLocal(name: string): boolean {
    return this.#locals.has(name);
  }

  use(name: string): void {
    if (!this.#locals.has(name)) this.#outerUse(name);
  }

  layerName(name: string): string {
    this.#layers.add(name);
    return this.#isRenamed(name) ? `${name}_` : name;
  }

  layerCallee(name: string): string {
    return this.layerName(name);
  }

  /** A layer that cannot be called by its name: a word of TypeScript, or a name of the notebook that this body uses too. */
  #isRenamed(name: string): boolean {
    return taken.has(name) || this.#outerNames.has(name);
  }

  sourceOf([start, end]: Span): string {
    return this.#source.slice(start, end);
  }

  /** `({ image, classes }, { conv, relu }) => { … }` */
  emit(outer: Scope): Code {
    const { parameters, body, kind } = this.#statement;
    const scope = bodyScope(this.#statement, outer);
    if (kind === "block") this.#parameters.add("x");
    for (const { name, shape } of parameters) {
      this.#parameters.add(name.text);
      for (const dim of shape?.dims ?? []) if (dim.kind === "name") this.#parameters.add(dim.text);
    }
    for (const name of this.#parameters) this.#locals.add(name);
    // Layer names are known before the first name is emitted, so that a parameter called like one is renamed everywhere.
    collectLayers(body, scope, this.#layers);
    for (const name of this.#layers) if (outer.has(name) && !this.#parameters.has(name)) this.#outerNames.add(name);
    const inputs = parameters.filter(({ shape }) => shape !== null);
    const start = kind === "block" ? "x" : inputs.length === 1 ? (inputs[0]?.name.text ?? null) : null;
    const text = this.#body(body, scope, start === null ? null : this.rename(start), false);
    const used = [...this.#parameters].filter((name) =>
      new RegExp(`(?<![\\w$."])${this.rename(name).replace("$", "\\$")}(?![\\w$"])`, "u").test(textOf(text)),
    );
    const values = used.map((name) => (this.rename(name) === name ? name : `${name}: ${this.rename(name)}`));
    const layers = [...this.#layers].filter((name) =>
      new RegExp(`(?<![\\w$."])${this.#isRenamed(name) ? `${name}_` : name}(?![\\w$])`, "u").test(textOf(text)),
    );
    return [
      "(",
      ...this.#header(
        values,
        layers.map((name) => (this.#isRenamed(name) ? `${name}: ${name}_` : name)),
      ),
      ") => ",
      ...text,
    ];
  }

  #header(values: readonly string[], layers: readonly string[]): Code {
    const first = values.length === 0 ? "_values" : `{ ${values.join(", ")} }`;
    const second = layers.length === 0 ? "" : `{ ${layers.join(", ")} }`;
    if (second === "") return [values.length === 0 ? "" : first];
    return [`${first}, ${second}`];
  }

  /** A body in braces, or one expression where it is one row. */
  #body(body: Body, outer: Scope, start: string | null, declared: boolean, patternNames: readonly string[] = []): Code {
    const scope = outer.inner();
    for (const name of patternNames) {
      scope.define(name, "any");
      this.#locals.add(name);
    }
    const [only] = body.rows;
    if (body.rows.length === 1 && only?.kind === "row") {
      const code = this.#flowRow(only, scope, start);
      if (!this.#mentionsLater(only, [])) return code;
    }
    const lines: Code[] = [];
    this.#indent++;
    const state = { declared, start };
    for (const [index, row] of body.rows.entries()) lines.push(...this.#row(row, scope, state, body.rows.slice(index + 1)));
    if (!body.rows.some((row) => row.kind === "out")) {
      const last = lines.at(-1);
      const text = last === undefined ? "" : textOf(last);
      const assign = new RegExp(`^(let )?${this.#flow} = `, "u").exec(text);
      const lastRow = body.rows.at(-1);
      if (last !== undefined && assign !== null && lastRow?.kind === "row") {
        lines[lines.length - 1] = ["return ", ...withoutPrefix(last, assign[0])];
      } else lines.push([`return ${state.declared ? this.#flow : (state.start ?? this.#flow)};`]);
    }
    this.#indent--;
    return this.#braces(constantFlow(lines, this.#flow));
  }

  #braces(lines: readonly Code[]): Code {
    const inside = "  ".repeat(this.#indent);
    return ["{\n", ...lines.flatMap((line): Code => [inside, ...line, "\n"]), `${"  ".repeat(this.#indent - 1)}}`];
  }

  #row(row: Row, scope: Scope, state: BodyState, later: readonly Row[]): Code[] {
    switch (row.kind) {
      case "let":
        return [this.#letRow(row, scope)];
      case "default": {
        const specs = [...scope.registry.layers.values()].flatMap((layer) => layer.arguments.filter(({ kind }) => kind !== "tensor"));
        const options = row.args.map(({ name, value }) =>
          property(name?.text ?? "_", emitValue(value, scope, this, specs.find((spec) => spec.name === name?.text) ?? null)),
        );
        return [
          ["lamella.", { mark: { call: row.span, args: argumentSpans(row.args, []) } }, "defaults({ ", ...join(options, ", "), " });"],
        ];
      }
      case "out":
        return [[`return { ${row.names.map((name) => textOf(property(name.text, [this.rename(name.text)]))).join(", ")} };`]];
      case "if": {
        const lines: Code[] = this.#declareFlow(state);
        return [...lines, this.#ifRow(row, scope)];
      }
      case "bare":
        return [];
      case "skipped":
        return this.#skipped(row, scope, state);
      case "row": {
        const code = this.#flowRow(row, scope, state.declared ? this.#flow : state.start);
        const label = row.label?.text;
        if (label !== undefined) {
          scope.label(label);
          this.#locals.add(label);
          if (this.#mentionsLater(row, later)) return this.#labelledRow(this.rename(label), code, scope, state, later);
        }
        const line: Code = [`${state.declared ? "" : "let "}${this.#flow} = `, ...code, ";"];
        state.declared = true;
        return [line];
      }
    }
  }

  /** A row that later ones name: the flow goes on from it, unless the next row starts elsewhere. */
  #labelledRow(name: string, code: Code, outer: Scope, state: BodyState, later: readonly Row[]): Code[] {
    const scope = outer.inner();
    const made: Code = [`const ${name} = `, ...code, ";"];
    const next = later.find((row) => {
      if (row.kind === "let") scope.define(row.name.text, kindOf(row.value, scope));
      return row.kind !== "let" && row.kind !== "default" && row.kind !== "bare";
    });
    const first = next?.kind === "row" ? next.pipe.items[0] : undefined;
    const restarts = first !== undefined && first.kind !== "repeat" && startKind(first, scope) === "tensor";
    if (restarts || next?.kind === "out") return [made];
    if (state.declared) return [made, [`${this.#flow} = ${name};`]];
    state.start = name;
    return [made];
  }

  /** The flow, or what a `let` would have made, is broken: nothing is said of what depends on it. */
  #skipped({ name, value }: SkippedRow, scope: Scope, state: BodyState): Code[] {
    if (name !== null) {
      scope.define(name.text, value === null ? "tensor" : kindOf(value, scope));
      this.#locals.add(name.text);
    }
    if (value !== null) return name === null ? [] : [[`const ${this.rename(name.text)} = lamella.skipped();`]];
    const line = `${state.declared ? "" : "let "}${this.#flow} = lamella.skipped();`;
    state.declared = true;
    return [[line], ...(name === null ? [] : [[`const ${this.rename(name.text)} = ${this.#flow};`]])];
  }

  #declareFlow(state: BodyState): Code[] {
    if (state.declared || state.start === null) return [];
    state.declared = true;
    return [[`let ${this.#flow} = ${state.start};`]];
  }

  /** Whether a label is used as a name in what follows. */
  #mentionsLater(row: FlowRow, later: readonly Located[]): boolean {
    if (row.label === null) return false;
    const names = new Set<string>();
    for (const other of later) collectMentions(other, names);
    return names.has(row.label.text);
  }

  #ifRow(row: IfRow, scope: Scope): Code {
    const then = this.#branch(row.then, scope);
    const code: Code = ["if (", ...emitExpression(row.condition, scope, this), ") ", ...then];
    if (row.otherwise === null) return code;
    if ("kind" in row.otherwise) return [...code, " else ", ...this.#ifRow(row.otherwise, scope)];
    return [...code, " else ", ...this.#branch(row.otherwise, scope)];
  }

  #branch(body: Body, outer: Scope): Code {
    const scope = outer.inner();
    this.#indent++;
    const state = { declared: true, start: this.#flow };
    const lines = body.rows.flatMap((row, index) => this.#row(row, scope, state, body.rows.slice(index + 1)));
    this.#indent--;
    return this.#braces(lines);
  }

  #letRow(row: LetRow, scope: Scope): Code {
    const kind = kindOf(row.value, scope);
    const name = row.name.text;
    let code: Code;
    const [first, ...rest] = row.value.items;
    if (kind === "tensor" && first !== undefined && first.kind !== "repeat") {
      code = chained(emitExpression(first, scope, this), rest, name, "row", row.value.span, scope, this);
      code = [...code, ...this.#claim(row.claim, scope)];
    } else
      code =
        row.value.items.length === 1 && first !== undefined ? emitItem(first, scope, this, true) : emitExpression(row.value, scope, this);
    scope.define(name, kind);
    this.#locals.add(name);
    return [`const ${this.rename(name)} = `, ...code, ";"];
  }

  #flowRow(row: FlowRow, scope: Scope, from: string | null): Code {
    const [first, ...rest] = row.pipe.items;
    const label = row.label?.text ?? null;
    const tensor = first !== undefined && first.kind !== "repeat" && startKind(first, scope) === "tensor";
    const base: Code = tensor ? emitExpression(first, scope, this) : [from ?? "lamella.noFlow"];
    const code = chained(base, tensor ? rest : row.pipe.items, label, "row", row.pipe.span, scope, this);
    return [...code, ...this.#claim(row.claim, scope)];
  }

  #claim(claim: Claim | null, scope: Scope): Code {
    if (claim === null) return [];
    let shape: Code | null = null;
    const options: Code[] = [];
    const spans: { shape?: Span; params?: Span } = {};
    for (const part of claim.parts) {
      if (part.kind === "ask") shape ??= ['"?"'];
      else if (part.kind === "params") {
        options.push(["params: ", ...emitExpression(part.value, scope, this)]);
        spans.params = part.span;
      } else {
        shape = this.#shape(part.shape, scope);
        spans.shape = part.span;
        if (part.integer) options.push(["int: true"]);
      }
    }
    const mark: SiteInfo = { call: claim.span, claim: spans };
    const values: Code[] = [shape ?? ["null"], ...(options.length === 0 ? [] : [["{ ", ...join(options, ", "), " }"]])];
    return [".", { mark }, "claim(", ...join(values, ", "), ")"];
  }

  #shape(shape: ShapeExpression, scope: Scope): Code {
    return [
      "[",
      ...join(
        shape.dims.map((dim) => emitExpression(dim, scope, this)),
        ", ",
      ),
      "]",
    ];
  }

  repeatBody(repeat: Repeat, scope: Scope): Code {
    const names = repeat.pattern?.map((name) => name.text) ?? [];
    for (const name of names) this.#locals.add(name);
    const pattern = names.map((name) => this.rename(name)).join(", ");
    const parameters = names.length === 0 ? this.#flow : `${this.#flow}, ${repeat.destructured ? `[${pattern}]` : pattern}`;
    const inner = this.#body(repeat.body, scope, this.#flow, true, names);
    return [`(${parameters}) => `, ...inner];
  }
}

/** `let flow = …` becomes `const` where nothing assigns it again. */
function constantFlow(lines: readonly Code[], flow: string): readonly Code[] {
  const declaration = `let ${flow} = `;
  const assigned = new RegExp(`(?<!let |\\w)${flow} = `, "u");
  if (lines.some((line) => assigned.test(textOf(line)))) return lines;
  return lines.map((line) => (textOf(line).startsWith(declaration) ? [`const ${flow} = `, ...withoutPrefix(line, declaration)] : line));
}

function withoutPrefix(code: Code, prefix: string): Code {
  const [first, ...rest] = code;
  return typeof first === "string" ? [first.slice(prefix.length), ...rest] : code;
}

function collectMentions(node: Located, names: Set<string>): void {
  const kind = (node as { kind?: string }).kind;
  if (kind === "name") names.add((node as { text: string } & Located).text);
  if (kind === "call") names.add((node as { callee: { text: string } } & Located).callee.text);
  if (kind === "out") for (const name of (node as { names: readonly { text: string }[] } & Located).names) names.add(name.text);
  for (const child of children(node)) collectMentions(child, names);
}

/** Layers that will be named, found before the text is made. */
function collectLayers(node: Located, scope: Scope, layers: Set<string>): void {
  const names = new Set<string>();
  collectMentions(node, names);
  for (const name of names) if (scope.isLayerItem(name, false)) layers.add(name);
}
