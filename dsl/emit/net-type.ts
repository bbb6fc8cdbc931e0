import { bodyScope, kindOf, type Scope } from "../scope.js";
import { children, type Body, type Cell, type Located, type NetStatement, type Pipe } from "../syntax.js";

/**
 * `lamella.Net<"c1" | "stage[].pool", ["image"]>`: the labels, inputs and outputs of a net, as a type. Labels of the cell's
 * blocks are among them; where a body is another cell's or a hyperparameter's, and no label is known, any is allowed.
 */
export function netType(statement: NetStatement, scope: Scope, cell: Cell): string {
  const labels = new Labels(cell);
  labels.collect(statement.body, bodyScope(statement, scope), "");
  const inputs = statement.parameters.flatMap(({ name, shape }) => (shape === null ? [] : [JSON.stringify(name.text)]));
  const out = statement.body.rows.find((row) => row.kind === "out");
  const outputs = out?.kind === "out" ? [union(out.names.map(({ text }) => text))] : [];
  const taps = labels.found.size === 0 && labels.unknown ? "any" : union([...labels.found]);
  return `lamella.Net<${[taps, `[${inputs.join(", ")}]`, ...outputs].join(", ")}>`;
}

function union(names: readonly string[]): string {
  return names.length === 0 ? "never" : names.map((name) => JSON.stringify(name)).join(" | ");
}

/** The names of what a layer gives beside its output. */
function extrasOf(item: Pipe["items"][number], scope: Scope): string[] {
  const name = item.kind === "call" ? item.callee.text : item.kind === "name" ? item.text : undefined;
  if (name === undefined || scope.lookupCallee(name) !== null) return [];
  return Object.keys(scope.registry.layers.get(name)?.gives ?? {});
}

class Labels {
  readonly found = new Set<string>();
  /** Whether something is applied whose body is not in this cell. */
  unknown = false;
  readonly #cell: Cell;
  readonly #open = new Set<string>();

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  collect(body: Body, scope: Scope, prefix: string): void {
    for (const row of body.rows) {
      if (row.kind === "row") {
        if (row.label === null) this.#insideRepeats(row.pipe, scope, prefix);
        else {
          this.#add(row.label.text, row.pipe, scope, prefix);
          scope.label(row.label.text);
        }
        this.#called(row.pipe, scope, prefix);
      } else if (row.kind === "let") {
        const kind = kindOf(row.value, scope);
        if (kind === "tensor") this.#add(row.name.text, row.value, scope, prefix);
        this.#called(row.value, scope, prefix);
        scope.define(row.name.text, kind);
      } else if (row.kind === "if") {
        this.collect(row.then, scope.inner(), prefix);
        if (row.otherwise !== null && !("kind" in row.otherwise)) this.collect(row.otherwise, scope.inner(), prefix);
      }
    }
  }

  /** Labels in a repetition that has none itself. */
  #insideRepeats(pipe: Pipe, scope: Scope, prefix: string): void {
    for (const item of pipe.items) if (item.kind === "repeat") this.collect(item.body, scope.inner(), prefix);
  }

  #add(label: string, pipe: Pipe, scope: Scope, prefix: string): void {
    const last = pipe.items.at(-1);
    if (last?.kind !== "repeat") {
      this.found.add(prefix + label);
      for (const item of pipe.items) for (const extra of extrasOf(item, scope)) this.found.add(`${prefix}${label}.${extra}`);
      return;
    }
    const count = this.found.size;
    this.collect(last.body, scope.inner(), `${prefix}${label}[].`);
    if (this.found.size === count) this.found.add(`${prefix}${label}[]`);
  }

  /** The labels of the blocks a row calls, wherever in it: they have no prefix of their own. */
  #called(node: Located, scope: Scope, prefix: string): void {
    const { kind, callee } = node as Located & { kind?: string; callee?: { text: string } };
    if (kind === "repeat") return;
    if (kind === "call" && callee !== undefined) this.#applied(callee.text, scope, prefix);
    for (const child of children(node)) {
      const name = child as Located & { kind?: string; text?: string };
      // A block may be given to another; a number by a name is only a value.
      if (name.kind !== "name" || name.text === undefined) this.#called(child, scope, prefix);
      else if (kind === "pipe" || scope.lookupCallee(name.text) === "block") this.#applied(name.text, scope, prefix);
    }
  }

  #applied(name: string, scope: Scope, prefix: string): void {
    const kind = scope.lookupCallee(name);
    if (kind === "network" || kind === "any") this.unknown = true;
    if (kind !== "block") return;
    const block = this.#cell.statements.find((statement) => statement.kind === "block" && statement.name.text === name);
    if (block?.kind !== "block") this.unknown = true;
    else if (!this.#open.has(name)) {
      this.#open.add(name);
      this.collect(block.body, bodyScope(block, scope), prefix);
      this.#open.delete(name);
    }
  }
}
