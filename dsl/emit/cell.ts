import { cellScope, earlierNames, kindOf, type Scope } from "../scope.js";
import type { Names, Registry } from "../registry.js";
import type {
  Argument,
  BlockStatement,
  Cell,
  Expression,
  LoadStatement,
  NetStatement,
  Parameter,
  Pipe,
  Repeat,
  SaveStatement,
  ShapeExpression,
  ShowStatement,
  Span,
  Statement,
} from "../syntax.js";
import { BodyEmitter } from "./body.js";
import { taken } from "./words.js";
import { finish, join, textOf, type Code, type SiteMap } from "./code.js";
import type { EmitContext } from "./context.js";
import { emitExpression, emitItem, emitValue, property } from "./expression.js";
import { netType } from "./net-type.js";
import { emitTrain } from "./train.js";

export interface EmitOptions {
  /** As a module of its own: what it defines is exported. */
  readonly module?: boolean;
}

export interface Emitted {
  readonly typescript: string;
  /** The same text with the types blanked out: every position is the same. */
  readonly javascript: string;
  readonly sites: SiteMap;
  readonly defines: readonly { readonly name: string; readonly kind: "network" | "block" | "value" }[];
  /** Free names of the cell, which the scope it runs in must have. */
  readonly uses: readonly string[];
}

/** The TypeScript of a whole cell. */
export function emitCell(
  cell: Cell,
  source: string,
  registry: Registry,
  names: Names,
  options: EmitOptions = {},
  unusable: readonly string[] = [],
): Emitted {
  const scope = cellScope(cell, registry, names);
  const defined = new Set(cell.statements.flatMap((statement) => ("name" in statement ? [statement.name.text] : [])));
  for (const name of unusable) defined.add(name);
  const uses = new Set<string>();
  const context = new TopContext(cell, source, (name) => {
    if (!defined.has(name)) uses.add(name);
  });
  const defines: { name: string; kind: "network" | "block" | "value" }[] = [];
  let code: Code = [{ annotation: 'import * as lamella from "lamella";' }, "\n"];
  for (const name of unusable) code = [...code, `const ${name} = lamella.unusable;\n`];
  for (const statement of cell.statements) {
    const exported: Code = options.module === true && "name" in statement ? [{ annotation: "export " }] : [];
    code = [...code, "\n", ...exported, ...emitStatement(statement, scope, context), "\n"];
    if (statement.kind === "net") defines.push({ name: statement.name.text, kind: "network" });
    else if (statement.kind === "block") defines.push({ name: statement.name.text, kind: "block" });
    else if (statement.kind === "let")
      defines.push({ name: statement.name.text, kind: kindOf(statement.value, scope) === "network" ? "network" : "value" });
  }
  // In a file of its own the data are given from outside.
  if (options.module === true && uses.size > 0) {
    const [head, ...rest] = code;
    const declarations = [...uses].map((name) => `\ndeclare const ${name}: ${trainedOn(cell, name) ? "lamella.Dataset" : "any"};`);
    code = [head as Code[number], { annotation: declarations.join("") }, ...rest];
  }
  return { ...finish(code), defines, uses: [...uses] };
}

function trainedOn(cell: Cell, name: string): boolean {
  return cell.statements.some((statement) => statement.kind === "train" && statement.data.kind === "name" && statement.data.text === name);
}

function emitStatement(statement: Statement, scope: Scope, context: TopContext): Code {
  switch (statement.kind) {
    case "net":
    case "block":
      return emitDefinition(statement, scope, context);
    case "let": {
      const [first] = statement.value.items;
      const code =
        statement.value.items.length === 1 && first !== undefined
          ? emitItem(first, scope, context, true)
          : emitExpression(statement.value, scope, context);
      const type = first?.kind === "call" ? context.netTypes.get(first.callee.text) : undefined;
      if (type !== undefined) context.netTypes.set(statement.name.text, type);
      return [`let ${statement.name.text}`, ...(type === undefined ? [] : [{ annotation: `: ${type}` }]), " = ", ...code, ";"];
    }
    case "train":
      return emitTrain(statement, scope, context);
    case "show":
      return emitShow(statement, scope, context);
    case "load":
      return emitFile("load", statement, scope, context);
    case "save":
      return emitFile("save", statement, scope, context);
  }
}

function emitDefinition(statement: NetStatement | BlockStatement, scope: Scope, context: TopContext): Code {
  const { kind, name, parameters } = statement;
  const declarations = parameters.map((parameter, index) => emitParameter(parameter, parameters.slice(0, index), scope, context));
  const list: Code = declarations.length === 0 ? ["{}"] : ["{ ", ...join(declarations, ", "), " }"];
  const type = kind === "block" ? "lamella.Block" : netType(statement, scope, context.cell);
  if (kind === "net") context.netTypes.set(name.text, type);
  const emitBody = (indent: number): Code => new BodyEmitter(statement, context.source, (free) => context.use(free), indent).emit(scope);
  const body = emitBody(1);
  const head: Code = [
    `const ${name.text}`,
    { annotation: `: ${type}` },
    " = lamella.",
    { mark: { call: [statement.span[0], statement.body.span[0]], name: name.span } },
    `${kind}(${JSON.stringify(name.text)}, `,
  ];
  const firstLine = textOf([...head, ...list, ", ", ...body]).split("\n")[0] ?? "";
  if (firstLine.length <= widest) return [...head, ...list, ", ", ...body, ");"];
  // Too wide: each value on a line of its own, as a formatter would put them.
  const [open, ...name_] = [head.slice(0, -1), head.at(-1) as string] as const;
  const [callee = "", title = ""] = (name_[0] ?? "").split(/(?<=\()/u);
  return [...open, callee, "\n  ", title.replace(/, $/u, ",\n  "), ...list, ",\n  ", ...emitBody(2), ",\n);"];
}

const widest = 130;

function emitParameter(
  { name, shape, integer, fallback }: Parameter,
  before: readonly Parameter[],
  outer: Scope,
  context: TopContext,
): Code {
  const earlier = fallback === null ? [] : earlierNames(fallback, before);
  const scope = earlier.length === 0 ? outer : outer.inner();
  for (const known of earlier) scope.define(known, "any");
  if (shape !== null)
    return [`${name.text}: lamella.${integer ? "tokens" : "shape"}(`, ...join(shapeDims(shape, scope, context), ", "), ")"];
  if (fallback !== null && earlier.length > 0) {
    const given = earlier.map((known) => (taken.has(known) ? `${known}: ${known}_` : known)).join(", ");
    return [`${name.text}: lamella.derived(({ ${given} }) => `, ...emitValue(fallback, scope, context.within(earlier), null), ")"];
  }
  if (fallback !== null) return [`${name.text}: `, ...emitValue(fallback, scope, context, null)];
  return [`${name.text}: lamella.required`];
}

function shapeDims(shape: ShapeExpression, scope: Scope, context: TopContext): Code[] {
  return shape.dims.map((dim): Code => (dim.kind === "name" ? [JSON.stringify(dim.text)] : emitExpression(dim, scope, context)));
}

function emitShow({ value, options }: ShowStatement, scope: Scope, context: TopContext): Code {
  const given = options.map(({ name, value: option }) => property(name?.text ?? "", showOption(option, scope, context)));
  const list: Code = given.length === 0 ? [] : [", { ", ...join(given, ", "), " }"];
  return ["lamella.", { mark: { call: value.span } }, "show(", ...shownValue(value, scope, context), ...list, ");"];
}

function showOption(option: Expression, scope: Scope, context: TopContext): Code {
  if (option.kind === "name" && !scope.has(option.text) && option.text !== "true" && option.text !== "false")
    return [JSON.stringify(option.text)];
  return emitExpression(option, scope, context);
}

/** A value that may go through networks and taps on its way: `cat | AlexNet[..conv1]`. */
function shownValue(pipe: Pipe, scope: Scope, context: TopContext): Code {
  const items = pipe.items.map((item, index) => emitItem(item, scope, context, index === 0));
  if (items.length === 1) return items[0] as Code;
  return ["lamella.pipe(", ...join(items, ", "), ")"];
}

function emitFile(
  kind: "load" | "save",
  { target, file, span, options }: LoadStatement | SaveStatement,
  scope: Scope,
  context: TopContext,
): Code {
  const given = options.map(({ name, value }: Argument) => property(name?.text ?? "", showOption(value, scope, context)));
  const values = [
    emitExpression(target, scope, context),
    emitExpression(file, scope, context),
    ...(given.length === 0 ? [] : [["{ ", ...join(given, ", "), " }"] as Code]),
  ];
  return [
    "await lamella.",
    { mark: { call: span, args: { target: target.span, file: file.span } } },
    `${kind}(`,
    ...join(values, ", "),
    ");",
  ];
}

/** Names outside of bodies: layers are reached through the library. */
class TopContext implements EmitContext {
  readonly cell: Cell;
  readonly source: string;
  /** Types of the nets so far, which their variants have too. */
  readonly netTypes = new Map<string, string>();
  readonly #use: (name: string) => void;
  #local: ReadonlySet<string> = new Set();

  constructor(cell: Cell, source: string, use: (name: string) => void) {
    this.cell = cell;
    this.source = source;
    this.#use = use;
  }

  /** The same with some names that are known here only. */
  within(names: readonly string[]): EmitContext {
    const inner = new TopContext(this.cell, this.source, (name) => {
      if (!names.includes(name)) this.#use(name);
    });
    inner.#local = new Set(names);
    return inner;
  }

  rename(name: string): string {
    return this.#local.has(name) && taken.has(name) ? `${name}_` : name;
  }

  isLocal(name: string): boolean {
    return this.#local.has(name);
  }

  use(name: string): void {
    this.#use(name);
  }

  layerName(name: string): string {
    return `lamella.layers.${name}`;
  }

  layerCallee(name: string): string {
    return name;
  }

  sourceOf([start, end]: Span): string {
    return this.source.slice(start, end);
  }

  repeatBody(repeat: Repeat, scope: Scope): Code {
    const body: NetStatement = { kind: "net", name: { text: "", span: repeat.span }, parameters: [], body: repeat.body, span: repeat.span };
    return new BodyEmitter(body, this.source, this.#use).repeatBody(repeat, scope);
  }
}
