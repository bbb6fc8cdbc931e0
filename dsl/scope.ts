import type { NameKind, Names, Registry } from "./registry.js";
import {
  children,
  type BlockStatement,
  type Cell,
  type Expression,
  type Located,
  type NetStatement,
  type Parameter,
  type Pipe,
  type ShapeExpression,
} from "./syntax.js";

/** What an expression gives, as far as its text tells. */
export type Kind = NameKind | "dimension";

/** The parameters of a block or net of this cell, to check calls against. */
export interface Callable {
  readonly kind: "block" | "net";
  readonly parameters: readonly Parameter[];
}

/** Names that can be seen at a place, innermost first. */
export class Scope {
  readonly #names = new Map<string, Kind>();
  readonly #labels = new Set<string>();
  readonly #outer: Scope | null;
  readonly registry: Registry;
  readonly callables: Map<string, Callable>;

  constructor(registry: Registry, outer: Scope | null = null) {
    this.registry = registry;
    this.#outer = outer;
    this.callables = outer?.callables ?? new Map<string, Callable>();
  }

  inner(): Scope {
    return new Scope(this.registry, this);
  }

  define(name: string, kind: Kind): void {
    this.#names.set(name, kind);
  }

  /** A tensor by its label. Where a row starts with a name, a layer of that name comes first: `relu: conv 6, 3x3 | relu`. */
  label(name: string): void {
    this.define(name, "tensor");
    this.#labels.add(name);
  }

  has(name: string): boolean {
    return this.lookup(name) !== null;
  }

  definesHere(name: string): boolean {
    return this.#names.has(name);
  }

  lookup(name: string): Kind | null {
    return this.#names.get(name) ?? this.#outer?.lookup(name) ?? null;
  }

  /** Every name that can be seen. */
  names(): Map<string, Kind> {
    const all = this.#outer?.names() ?? new Map<string, Kind>();
    for (const [name, kind] of this.#names) all.set(name, kind);
    return all;
  }

  isTop(): boolean {
    return this.#outer === null;
  }

  /** A name that the library gives: a layer, in the absence of anything nearer. */
  isLayer(name: string): boolean {
    return !this.has(name) && this.registry.layers.has(name);
  }

  /** What is called or applied under a name: tensors and numbers cannot be, so that a layer of the same name is meant. */
  lookupCallee(name: string): Kind | null {
    const kind = this.lookup(name);
    const plain = kind === "tensor" || kind === "value" || kind === "dimension";
    return plain && this.registry.layers.has(name) ? null : kind;
  }

  /** Whether a name between bars is a layer of the library, at the start of a row or behind a bar. */
  isLayerItem(name: string, start: boolean): boolean {
    if (!this.registry.layers.has(name)) return false;
    return start ? !this.has(name) || this.#isLabel(name) : this.lookupCallee(name) === null;
  }

  #isLabel(name: string): boolean {
    return this.#names.has(name) || this.#outer === null ? this.#labels.has(name) : this.#outer.#isLabel(name);
  }
}

/** The scope of a cell's top: what other cells define, and what this one defines anywhere. */
export function cellScope(cell: Cell, registry: Registry, names: Names): Scope {
  const scope = new Scope(registry);
  for (const [name, kind] of Object.entries(names)) scope.define(name, kind);
  for (const statement of cell.statements) {
    if (statement.kind === "net") scope.define(statement.name.text, "network");
    else if (statement.kind === "block") scope.define(statement.name.text, "block");
    if (statement.kind === "net" || statement.kind === "block")
      scope.callables.set(statement.name.text, { kind: statement.kind, parameters: statement.parameters });
  }
  for (const statement of cell.statements) if (statement.kind === "let") scope.define(statement.name.text, kindOf(statement.value, scope));
  return scope;
}

/** The scope inside a net or block: its parameters, the names in their shapes, and a block's flow. */
export function bodyScope(statement: NetStatement | BlockStatement, outer: Scope): Scope {
  const scope = outer.inner();
  for (const { shape } of statement.parameters) for (const name of dimensionNames(shape)) scope.define(name, "dimension");
  if (statement.kind === "block") scope.define("x", "tensor");
  for (const { name, shape } of statement.parameters) scope.define(name.text, shape === null ? "any" : "tensor");
  return scope;
}

/** The hyperparameters of a header that a default behind them uses. */
export function earlierNames(fallback: Expression, before: readonly Parameter[]): string[] {
  const mentioned = new Set<string>();
  collectNames(fallback, mentioned);
  return before.flatMap(({ name, shape }) => (shape === null && mentioned.has(name.text) ? [name.text] : []));
}

function collectNames(node: Located, names: Set<string>): void {
  const { kind, text } = node as Located & { kind?: string; text?: string };
  if (kind === "name" && text !== undefined) names.add(text);
  for (const child of children(node)) collectNames(child, names);
}

export function dimensionNames(shape: ShapeExpression | null): string[] {
  return (shape?.dims ?? []).flatMap((dim) => (dim.kind === "name" ? [dim.text] : []));
}

/** What a pipe or expression gives, as far as the text tells. */
export function kindOf(node: Expression | Pipe, scope: Scope): Kind {
  switch (node.kind) {
    case "number":
    case "string":
    case "shape":
    case "list":
      return "value";
    case "name": {
      const kind = scope.lookup(node.text);
      if (kind !== null) return kind;
      if (scope.registry.layers.has(node.text)) return "layer";
      if (scope.registry.networks.has(node.text)) return "network";
      return node.text === "true" || node.text === "false" ? "value" : "any";
    }
    case "call":
      return kindOfCall(node, scope);
    case "member": {
      const object = kindOf(node.object, scope);
      if (object !== "tensor") return object === "dataset" ? "tensor" : "any";
      return node.member.text === "c" ? "value" : "tensor";
    }
    case "index":
      return "any";
    case "slice":
      return "layer";
    case "unary":
      return kindOf(node.operand, scope) === "tensor" ? "tensor" : "value";
    case "binary":
      return kindOf(node.left, scope) === "tensor" || kindOf(node.right, scope) === "tensor" ? "tensor" : "value";
    case "pipe": {
      const [first] = node.items;
      if (first === undefined || first.kind === "repeat") return "layer";
      const kind = startKind(first, scope);
      if (node.items.length === 1) return kind;
      return kind === "tensor" ? "tensor" : "layer";
    }
  }
}

/** What a row or a definition starts with. */
export function startKind(first: Expression | Pipe, scope: Scope): Kind {
  return first.kind === "name" && scope.isLayerItem(first.text, true) ? "layer" : kindOf(first, scope);
}

function kindOfCall(node: Extract<Expression, { kind: "call" }>, scope: Scope): Kind {
  const { callee, args, juxtaposed } = node;
  const first = args[0];
  const onTensor = !juxtaposed && first !== undefined && first.name === null && kindOf(first.value, scope) === "tensor";
  const kind = scope.lookupCallee(callee.text);
  if (kind === null) {
    const definition = scope.registry.layers.get(callee.text);
    if (definition !== undefined) {
      if (onTensor || definition.source === true) return "tensor";
      const numeric = definition.usableInFormula === true && !juxtaposed && args.length === 1 && first?.name === null;
      return numeric && ["value", "any", "dimension"].includes(kindOf(first.value, scope)) ? "value" : "layer";
    }
    if (scope.registry.networks.has(callee.text)) return onTensor ? "tensor" : "network";
    return juxtaposed ? "layer" : "any";
  }
  if (onTensor) return "tensor";
  if (kind === "network") return "network";
  if (kind === "block" || kind === "layer") return "layer";
  return juxtaposed ? "layer" : "any";
}
