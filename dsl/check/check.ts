import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import { taken } from "../emit/words.js";
import { nearestName } from "../diagnostics/nearest.js";
import { positionOf } from "../diagnostics/position.js";
import type { Names, Registry } from "../registry.js";
import { bodyScope, cellScope, earlierNames, kindOf, startKind, type Scope } from "../scope.js";
import {
  children,
  type Argument,
  type BlockStatement,
  type Body,
  type Cell,
  type Claim,
  type Expression,
  type FlowRow,
  type IfRow,
  type Item,
  type LetRow,
  type Located,
  type Name,
  type NetStatement,
  type Parameter,
  type Pipe,
  type Repeat,
  type Row,
  type Span,
} from "../syntax.js";
import { ExpressionChecker } from "./expressions.js";
import { checkTrain } from "./train.js";

export interface CheckOptions {
  readonly registry: Registry;
  readonly names: Names;
  readonly closed: boolean;
  /** A file of its own: the data that it trains on and shows may come from the program that uses it. */
  readonly module: boolean;
  readonly lost: ReadonlySet<string>;
  readonly source: string;
}

/** Every mistake in names, options and places that does not need shapes or the user's values to be seen. */
export function checkNames(cell: Cell, options: CheckOptions): Diagnostic[] {
  return new CellChecker(cell, options).check();
}

class CellChecker {
  readonly #cell: Cell;
  readonly #options: CheckOptions;
  readonly #found: Diagnostic[] = [];
  readonly #expressions: ExpressionChecker;

  constructor(cell: Cell, options: CheckOptions) {
    this.#cell = cell;
    this.#options = options;
    this.#expressions = new ExpressionChecker(options, (found) => this.#found.push(found));
  }

  check(): Diagnostic[] {
    const scope = cellScope(this.#cell, this.#options.registry, this.#options.names);
    for (const name of this.#options.lost) if (!scope.has(name)) scope.define(name, "any");
    const defined = new Map<string, Name>();
    for (const statement of this.#cell.statements) {
      if ("name" in statement) {
        this.#unique(statement.name, defined, "this cell");
        if (taken.has(statement.name.text))
          this.#add(
            "E006",
            `\`${statement.name.text}\` is a word of TypeScript, in which this cell is run; choose another name`,
            statement.name.span,
          );
      }
      switch (statement.kind) {
        case "net":
        case "block":
          this.#definition(statement, scope);
          break;
        case "let":
          this.#letValue(statement.value, scope);
          if (statement.claim !== null) this.#add("E009", "a claim stands behind a row of a net or block", statement.claim.span);
          break;
        case "train":
          checkTrain(statement, scope, this.#options, (found) => this.#found.push(found), this.#expressions);
          break;
        case "show":
          this.#expressions.freeNames = this.#options.module ? "warning" : "error";
          for (const item of statement.value.items) if (item.kind !== "repeat") this.#expressions.value(item, scope, null, true);
          this.#expressions.freeNames = "error";
          break;
        case "load":
        case "save":
          this.#expressions.value(statement.target, scope, null, true);
          this.#expressions.value(statement.file, scope, null, true);
          break;
      }
    }
    return this.#found;
  }

  #add(code: string, message: string, span: Span, more: Partial<Diagnostic> = {}): void {
    this.#found.push(diagnostic(code, message, span, more));
  }

  #unique(name: Name, known: Map<string, Name>, where: string): void {
    const earlier = known.get(name.text);
    if (earlier !== undefined) {
      const { line } = positionOf(this.#options.source, earlier.span[0]);
      this.#add("E012", `\`${name.text}\` is defined twice in ${where}`, name.span, {
        related: [{ span: earlier.span, message: "the first is here" }],
        hint: `the first is on line ${line}`,
      });
    } else known.set(name.text, name);
  }

  #definition(statement: NetStatement | BlockStatement, outer: Scope): void {
    const known = new Map<string, Name>();
    for (const [index, parameter] of statement.parameters.entries()) {
      this.#unique(parameter.name, known, "this header");
      if (parameter.fallback !== null) this.#fallback(parameter.fallback, index, statement, outer);
      for (const dim of parameter.shape?.dims ?? []) {
        const extent = dim.kind === "number" ? dim.value : dim.kind === "unary" ? -1 : 1;
        if (!Number.isInteger(extent) || extent < 1)
          this.#add("E010", `an extent of a shape is a whole number from 1 up, or a name`, dim.span);
      }
      this.#shadowsLayer(parameter.name, statement, outer);
    }
    if (statement.kind === "net" && !statement.parameters.some(({ shape }) => shape !== null)) {
      this.#add("E014", `\`${statement.name.text}\` has no input`, statement.name.span, {
        hint: `write its shape in the header, as in net ${statement.name.text}(image: 28x28x1)`,
      });
    }
    const scope = bodyScope(statement, outer);
    const inputs = statement.parameters.filter(({ shape }) => shape !== null);
    const hasFlow = statement.kind === "block" || inputs.length <= 1;
    const rows = statement.body.rows;
    if (!hasFlow) this.#firstRow(rows, scope, inputs);
    const [from, to] = statement.body.span;
    const written = this.#options.source
      .slice(from + 1, to - 1)
      .replace(/\/\/[^\n]*/gu, "")
      .trim();
    if (statement.kind === "net" && rows.length === 0 && written === "")
      this.#add("E014", `\`${statement.name.text}\` has no rows`, statement.name.span);
    this.#body(statement.body, scope, known);
  }

  /** A default may use the hyperparameters before it, and nothing else of its header. */
  #fallback(fallback: Expression, index: number, statement: NetStatement | BlockStatement, outer: Scope): void {
    const earlier = earlierNames(fallback, statement.parameters.slice(0, index));
    const scope = outer.inner();
    for (const name of earlier) scope.define(name, "any");
    const others = new Set(statement.parameters.map(({ name }) => name.text).filter((name) => !earlier.includes(name)));
    const visit = (node: Located): boolean => {
      const { kind, text } = node as Located & { kind?: string; text?: string };
      if (kind === "name" && text !== undefined && others.has(text) && !outer.has(text)) {
        this.#add("E011", `a default cannot use \`${text}\`, which stands in the same header`, node.span, {
          hint: "a default may use the hyperparameters before it, or be calculated in the body",
        });
        return true;
      }
      return children(node).map(visit).includes(true);
    };
    if (!visit(fallback)) this.#expressions.value(fallback, scope, null, true);
  }

  /** A parameter that a row would call as a layer hides it. */
  #shadowsLayer(name: Name, statement: NetStatement | BlockStatement, outer: Scope): void {
    if (!outer.registry.layers.has(name.text)) return;
    const called = new Set<string>();
    collectCallees(statement.body, called);
    if (called.has(name.text))
      this.#add("E015", `\`${name.text}\` is a layer; as a parameter it hides that layer here`, name.span, { severity: "warning" });
  }

  /** With several inputs there is no flow before a row says which. */
  #firstRow(rows: readonly Row[], outer: Scope, inputs: readonly Parameter[]): void {
    const scope = outer.inner();
    for (const row of rows) {
      if (row.kind === "let") {
        scope.define(row.name.text, kindOf(row.value, scope));
        continue;
      }
      if (row.kind === "default" || row.kind === "bare") continue;
      const first = row.kind === "row" ? row.pipe.items[0] : undefined;
      const starts = first !== undefined && first.kind !== "repeat" && startKind(first, scope) === "tensor";
      if (!starts && row.kind === "row") {
        const names = inputs.map(({ name }) => name.text);
        this.#add("E013", `which of ${names.join(", ")} does this row start with?`, (first ?? row).span, {
          hint: `write \`${names[0] ?? ""} | …\``,
        });
      }
      return;
    }
  }

  #body(body: Body, outer: Scope, parameters: ReadonlyMap<string, Name>): void {
    const scope = outer.inner();
    const known = new Map<string, Name>(parameters);
    for (const [index, row] of body.rows.entries()) this.#row(row, scope, known, index === body.rows.length - 1);
  }

  #row(row: Row, scope: Scope, known: Map<string, Name>, last: boolean): void {
    switch (row.kind) {
      case "let":
        this.#letRow(row, scope, known);
        break;
      case "default":
        this.#defaults(row.args, scope);
        break;
      case "out":
        for (const name of row.names) {
          if (scope.lookup(name.text) === "tensor" || this.#options.lost.has(name.text)) continue;
          const meant = nearestName(name.text, tensors(scope));
          this.#add(
            "E011",
            `there is no tensor \`${name.text}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}`,
            name.span,
            this.#fix(meant, name.span),
          );
        }
        if (!last) this.#add("E016", "`out` is the last row of a net", row.span);
        break;
      case "if":
        this.#ifRow(row, scope);
        break;
      case "bare":
        this.#body(row.body, scope, new Map());
        break;
      case "row":
        this.#flowRow(row, scope, known);
        break;
      case "skipped":
        break;
    }
  }

  #letRow(row: LetRow, scope: Scope, known: Map<string, Name>): void {
    this.#letValue(row.value, scope);
    this.#unique(row.name, known, "this body");
    const kind = kindOf(row.value, scope);
    // A tensor or a number cannot be applied, so that `mean` behind a bar stays the layer; a layer value of that name would hide it.
    if (scope.registry.layers.has(row.name.text) && !["tensor", "value", "dimension"].includes(kind)) {
      this.#add("E015", `\`${row.name.text}\` is the name of a layer; choose another`, row.name.span);
    }
    if (row.claim !== null) {
      if (kind === "tensor") this.#claim(row.claim, scope);
      else this.#add("E009", "a claim stands behind a tensor", row.claim.span);
    }
    scope.define(row.name.text, kind);
  }

  #flowRow(row: FlowRow, scope: Scope, known: Map<string, Name>): void {
    this.#pipe(row.pipe, scope);
    if (row.label !== null) {
      this.#unique(row.label, known, "this body");
      scope.label(row.label.text);
    }
    if (row.claim !== null) this.#claim(row.claim, scope);
    const [only] = row.pipe.items;
    if (row.pipe.items.length === 1 && only !== undefined && only.kind !== "repeat") {
      const kind = startKind(only, scope);
      if (kind === "value" || kind === "dimension") this.#add("E017", "a row is made of layers, and this is only a value", only.span);
    }
  }

  #ifRow(row: IfRow, scope: Scope): void {
    this.#expressions.value(row.condition, scope, null, true);
    this.#body(row.then, scope, new Map());
    if (row.otherwise === null) return;
    if ("kind" in row.otherwise) this.#ifRow(row.otherwise, scope);
    else this.#body(row.otherwise, scope, new Map());
  }

  #defaults(args: readonly Argument[], scope: Scope): void {
    const specs = [...scope.registry.layers.values()].flatMap((layer) => layer.arguments.filter(({ kind }) => kind !== "tensor"));
    const names = new Set(specs.map(({ name }) => name));
    for (const { name, value, span } of args) {
      if (name === null) this.#add("E026", "`default` takes options by name, as in default init=he", span);
      else if (!names.has(name.text)) {
        const meant = nearestName(name.text, names);
        this.#add(
          "E026",
          `no layer has an option \`${name.text}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}`,
          name.span,
          this.#fix(meant, name.span),
        );
      } else this.#expressions.value(value, scope, specs.find((spec) => spec.name === name.text) ?? null, true);
    }
  }

  #fix(meant: string | null, span: Span): Partial<Diagnostic> {
    return meant === null ? {} : { fix: { title: `change to ${meant}`, span, text: meant } };
  }

  /** What `let` names may also be a number, a list, a tensor. */
  #letValue(pipe: Pipe, scope: Scope): void {
    const [only] = pipe.items;
    if (pipe.items.length === 1 && only !== undefined && only.kind !== "repeat") this.#expressions.value(only, scope, null, true);
    else this.#pipe(pipe, scope);
  }

  #pipe(pipe: Pipe, scope: Scope): void {
    for (const [index, item] of pipe.items.entries()) this.#item(item, scope, index);
  }

  #item(item: Item, scope: Scope, index: number): void {
    if (item.kind === "repeat") {
      this.#repeat(item, scope);
      return;
    }
    if (item.kind === "pipe") this.#pipe(item, scope);
    else this.#expressions.item(item, scope, index);
  }

  #repeat(repeat: Repeat, outer: Scope): void {
    this.#expressions.value(repeat.over, outer, null, true);
    const scope = outer.inner();
    const known = new Map<string, Name>();
    for (const name of repeat.pattern ?? []) {
      this.#unique(name, known, "this pattern");
      scope.define(name.text, "any");
    }
    this.#body(repeat.body, scope, known);
  }

  #claim(claim: Claim, scope: Scope): void {
    for (const part of claim.parts) {
      if (part.kind === "params") this.#expressions.value(part.value, scope, null, true);
      if (part.kind !== "shape") continue;
      for (const dim of part.shape.dims) this.#expressions.value(dim, scope, null, true);
    }
    const shapes = claim.parts.filter(({ kind }) => kind === "shape");
    if (shapes.length > 1)
      this.#add("E009", "a row has one shape; the parts of a claim are a shape and a number of params", (shapes[1] ?? claim).span);
  }
}

function tensors(scope: Scope): string[] {
  return [...scope.names()].flatMap(([name, kind]) => (kind === "tensor" ? [name] : []));
}

function collectCallees(body: Body, names: Set<string>): void {
  for (const row of body.rows) {
    const pipe = row.kind === "row" ? row.pipe : row.kind === "let" ? row.value : null;
    for (const item of pipe?.items ?? []) {
      if (item.kind === "call") names.add(item.callee.text);
      else if (item.kind === "repeat") collectCallees(item.body, names);
    }
  }
}
