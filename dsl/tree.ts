import type { Node } from "ohm-js";
import grammar, { type LamellaActionDict } from "./grammar.ohm-bundle.js";
import type {
  Argument,
  BinaryOperator,
  Body,
  Cell,
  Claim,
  ClaimPart,
  Expression,
  IfRow,
  Item,
  Located,
  Name,
  Parameter,
  Pipe,
  Row,
  ShapeExpression,
  Span,
  Statement,
  TrainRow,
} from "./syntax.js";

/** What a rule gives: a node of the syntax tree, or a list of them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Result = any;

function spanOf(node: Node): Span {
  return [node.source.startIdx, node.source.endIdx];
}

function tree<T>(node: Node): T {
  return (node as unknown as { tree(): T }).tree();
}

function maybe<T>(node: Node): T | null {
  const only = node.children[0];
  return only === undefined ? null : tree<T>(only);
}

/** First and rest of a separated list. */
function listed<T>(first: Node, rest: Node): T[] {
  return [tree<T>(first), ...rest.children.map((child) => tree<T>(child))];
}

function name(node: Node): Name {
  return { text: node.sourceString, span: spanOf(node) };
}

function binary(left: Node, operator: Node, right: Node): Expression {
  const a = tree<Expression>(left);
  const b = tree<Expression>(right);
  return { kind: "binary", operator: operator.sourceString as BinaryOperator, left: a, right: b, span: [a.span[0], b.span[1]] };
}

function pipeOf(items: Item[], span: Span): Pipe {
  return { kind: "pipe", items, span };
}

/** A pipe of one expression is that expression. */
function unwrapped(pipe: Pipe): Expression {
  const only = pipe.items[0];
  return pipe.items.length === 1 && only !== undefined && only.kind !== "repeat" ? only : pipe;
}

/** Ends a node's span at its last part: a rule also swallows nothing behind, but blank rows inside braces may. */
function call(callee: Node, args: Argument[], juxtaposed: boolean, span: Span): Expression {
  return { kind: "call", callee: name(callee), args, juxtaposed, span };
}

function shapeOfText(node: Node): ShapeExpression {
  const [start, end] = spanOf(node);
  const dims: Expression[] = [];
  for (const match of node.sourceString.matchAll(/\d+|[^\d×x][^×]*?(?=x\d|×|$)|x(?=[^\d])[^\d]*$/gu)) {
    const text = match[0];
    const at = start + match.index;
    const span: Span = [at, at + text.length];
    if (/^\d/.test(text)) dims.push({ kind: "number", value: Number(text), text, span });
    else dims.push({ kind: "name", text, span });
  }
  return { kind: "shape", dims, span: [start, end] };
}

const none = (_nothing: Node): Result => [];
const same = (node: Node): Result => tree(node);

const actions: LamellaActionDict<Result> = {
  Cell(_before, statements, _after, _end): Cell {
    return { statements: tree<Statement[]>(statements), span: spanOf(this) };
  },
  Statements_some: (first, _sep, rest) => listed<Statement>(first, rest),
  Statements_none: none,
  Statement: same,

  Net(_net, title, parameters, body): Statement {
    return { kind: "net", name: name(title), parameters: tree(parameters), body: tree(body), span: spanOf(this) };
  },
  Block(_block, title, parameters, body): Statement {
    return { kind: "block", name: name(title), parameters: tree(parameters), body: tree(body), span: spanOf(this) };
  },
  Params: (_open, _nl, list, _nl2, _close) => tree(list),
  ParamList_some: (first, _comma, rest) => listed<Parameter>(first, rest),
  ParamList_none: none,
  Param_tensor(title, _colon, shape, integer): Parameter {
    return { name: name(title), shape: tree(shape), integer: integer.children.length > 0, fallback: null, span: spanOf(this) };
  },
  Param_default(title, _equals, value): Parameter {
    return { name: name(title), shape: null, integer: false, fallback: tree(value), span: spanOf(this) };
  },
  Param_plain(title): Parameter {
    return { name: name(title), shape: null, integer: false, fallback: null, span: spanOf(this) };
  },

  Body(_open, _sep, rows, _sep2, _close): Body {
    return { rows: tree<Row[]>(rows), span: spanOf(this) };
  },
  Rows_some: (first, _sep, rest) => listed<Row>(first, rest),
  Rows_none: none,
  Row_bare(body): Row {
    return { kind: "bare", body: tree(body), span: spanOf(this) };
  },
  Row: same,
  LetRow(_let, title, _equals, value, claim): Row {
    return { kind: "let", name: name(title), value: tree(value), claim: maybe<Claim>(claim), span: spanOf(this) };
  },
  DefaultRow(_default, args): Row {
    return { kind: "default", args: tree(args), span: spanOf(this) };
  },
  OutRow(_out, first, _comma, rest): Row {
    return { kind: "out", names: [name(first), ...rest.children.map(name)], span: spanOf(this) };
  },
  IfRow(_if, condition, then, otherwise): IfRow {
    // oxlint-disable-next-line unicorn/no-thenable -- the branch of an `if`, never awaited
    return { kind: "if", condition: tree(condition), then: tree(then), otherwise: maybe<Body | IfRow>(otherwise), span: spanOf(this) };
  },
  Else_if: (_else, row) => tree(row),
  Else_body: (_else, body) => tree(body),
  PlainRow(label, pipe, claim): Row {
    return { kind: "row", label: maybe<Name>(label), pipe: tree(pipe), claim: maybe<Claim>(claim), span: spanOf(this) };
  },
  Label: (title, _colon) => name(title),

  Claim(_arrow, first, _comma, rest): Claim {
    const parts = listed<ClaimPart>(first, rest);
    return { parts, span: [(parts[0] as ClaimPart).span[0], (parts[parts.length - 1] as ClaimPart).span[1]] };
  },
  ClaimPart_ask(_mark, _params): ClaimPart {
    return { kind: "ask", span: spanOf(this) };
  },
  ClaimPart_params(value, _params): ClaimPart {
    return { kind: "params", value: tree(value), span: spanOf(this) };
  },
  ClaimPart_shape(shape, integer): ClaimPart {
    return { kind: "shape", shape: tree(shape), integer: integer.children.length > 0, span: spanOf(this) };
  },

  Pipe(first, _bar, rest): Pipe {
    return pipeOf(listed<Item>(first, rest), spanOf(this));
  },
  Item: same,
  Item_name: (title, _end) => tree(title),
  Item_juxtaposed(callee, _start, args) {
    return call(callee, tree(args), true, spanOf(this));
  },
  Item_opened(callee, _ahead, first, _comma, _nl, rest) {
    return call(callee, [tree<Argument>(first), ...tree<Argument[]>(rest)], true, spanOf(this));
  },

  Repeat_pattern(_repeat, pattern, _in, over, body): Item {
    return { kind: "repeat", pattern: tree<Name[]>(pattern), destructured: true, over: tree(over), body: tree(body), span: spanOf(this) };
  },
  Repeat_name(_repeat, title, _in, over, body): Item {
    return { kind: "repeat", pattern: [name(title)], destructured: false, over: tree(over), body: tree(body), span: spanOf(this) };
  },
  Repeat_count(_repeat, over, body): Item {
    return { kind: "repeat", pattern: null, destructured: false, over: tree(over), body: tree(body), span: spanOf(this) };
  },
  Pattern: (_open, first, _comma, rest, _close) => [name(first), ...rest.children.map(name)],

  Args: (first, _comma, rest) => listed<Argument>(first, rest),
  Arg_named(title, _equals, value): Argument {
    return { name: name(title), value: tree(value), span: spanOf(this) };
  },
  Arg_positional(value): Argument {
    return { name: null, value: tree(value), span: spanOf(this) };
  },
  ArgValue: same,
  ArgValue_atom: (atom, _end) => tree(atom),
  Atom: (atom) => (atom.ctorName === "shape" ? shapeOfText(atom) : tree(atom)),
  Name(title): Expression {
    return { kind: "name", text: title.sourceString, span: spanOf(this) };
  },
  Number(number): Expression {
    return { kind: "number", value: Number(number.sourceString), text: number.sourceString, span: spanOf(this) };
  },

  Shape(first, _x, rest): ShapeExpression {
    return joined(listed<Expression>(first, rest), spanOf(this));
  },
  SpacedShape(first, _x, rest): ShapeExpression {
    return joined(listed<Expression>(first, rest), spanOf(this));
  },
  ShapeDim: same,

  Expr: same,
  OrExpr_or: binary,
  OrExpr: same,
  AndExpr_and: binary,
  AndExpr: same,
  NotExpr_not(_not, operand): Expression {
    return { kind: "unary", operator: "not", operand: tree(operand), span: spanOf(this) };
  },
  NotExpr: same,
  CompareExpr_compare: binary,
  CompareExpr: same,
  AddExpr_add: binary,
  AddExpr: same,
  MulExpr_mul: binary,
  MulExpr: same,
  UnaryExpr_minus(_minus, operand): Expression {
    return { kind: "unary", operator: "-", operand: tree(operand), span: spanOf(this) };
  },
  UnaryExpr: same,
  PowerExpr_power: binary,
  PowerExpr: same,
  Postfix_member(object, _dot, member): Expression {
    return { kind: "member", object: tree(object), member: name(member), span: spanOf(this) };
  },
  Postfix_upTo(object, _open, _nl, _dots, to, _nl2, _close): Expression {
    return { kind: "slice", object: tree(object), from: null, to: tree(to), span: spanOf(this) };
  },
  Postfix_from(object, _open, _nl, from, _dots, _nl2, _close): Expression {
    return { kind: "slice", object: tree(object), from: tree(from), to: null, span: spanOf(this) };
  },
  Postfix_between(object, _open, _nl, from, _dots, to, _nl2, _close): Expression {
    return { kind: "slice", object: tree(object), from: tree(from), to: tree(to), span: spanOf(this) };
  },
  Postfix_index(object, _open, _nl, index, _nl2, _close): Expression {
    return { kind: "index", object: tree(object), index: tree(index), span: spanOf(this) };
  },
  Postfix: same,
  Primary_call(callee, _open, _nl, args, _nl2, _close) {
    return call(callee, tree(args), false, spanOf(this));
  },
  Primary_shape: (shape) => shapeOfText(shape),
  Primary: same,
  Primary_string(string): Expression {
    const text = string.sourceString
      .slice(1, -1)
      .replace(/\\(.)/gu, (_, char: string) => (char === "n" ? "\n" : char === "t" ? "\t" : char));
    return { kind: "string", value: text, span: spanOf(this) };
  },
  Primary_list(_open, _nl, items, _nl2, _close): Expression {
    return { kind: "list", items: tree(items), span: spanOf(this) };
  },
  Primary_paren(_open, _nl, pipe, _nl2, _close): Expression {
    const inner = unwrapped(tree<Pipe>(pipe));
    return { ...inner, span: spanOf(this) };
  },
  CallArgs_list: (inners, _nl, _close) => tree(inners),
  CallArgs_pipe(pipe): Argument[] {
    return [{ name: null, value: unwrapped(tree<Pipe>(pipe)), span: spanOf(this) }];
  },
  CallArgs_none: none,
  Inners: (first, _comma, rest) => listed<Argument>(first, rest),
  InnerArg_named(title, _equals, value): Argument {
    return { name: name(title), value: tree(value), span: spanOf(this) };
  },
  InnerArg_positional(value): Argument {
    return { name: null, value: tree(value), span: spanOf(this) };
  },
  Inner(first, _bar, rest): Expression {
    return unwrapped(pipeOf(listed<Item>(first, rest), spanOf(this)));
  },
  ListItems_some: (first, _comma, rest, _trailing) => listed<Expression>(first, rest),
  ListItems_none: none,
  ListItem: same,
  shape: (_digits, _x, _parts) => {
    throw new Error("unreachable: shapes are read by the rules that hold them");
  },

  Train_body(_train, first, _comma, rest, _on, data, body): Statement {
    return { kind: "train", networks: [name(first), ...rest.children.map(name)], data: tree(data), rows: tree(body), span: spanOf(this) };
  },
  Train_plain(_train, first, _comma, rest, _on, data): Statement {
    return { kind: "train", networks: [name(first), ...rest.children.map(name)], data: tree(data), rows: [], span: spanOf(this) };
  },
  TrainBody: (_open, _sep, rows, _sep2, _close) => tree(rows),
  TrainRows_some: (first, _sep, rest) => listed<TrainRow>(first, rest),
  TrainRows_none: none,
  TrainRow_update(_update, network, _colon, loss): TrainRow {
    return { kind: "update", network: name(network), loss: tree(loss), span: spanOf(this) };
  },
  TrainRow_let: same,
  TrainRow_key(key, args): TrainRow {
    return { kind: "key", key: name(key), args: tree(args), span: spanOf(this) };
  },
  TrainRow_bare(key): TrainRow {
    return { kind: "key", key: name(key), args: [], span: spanOf(this) };
  },
  TrainArgs: (first, _comma, rest) => listed<Argument>(first, rest),
  TrainArg_named(title, _equals, value): Argument {
    return { name: name(title), value: tree(value), span: spanOf(this) };
  },
  TrainArg_positional(value): Argument {
    return { name: null, value: tree(value), span: spanOf(this) };
  },

  Show(_show, value, options): Statement {
    return { kind: "show", value: tree(value), options: options.children.map((option) => tree<Argument>(option)), span: spanOf(this) };
  },
  ShowOption(_comma, title, _equals, value): Argument {
    return { name: name(title), value: tree(value), span: [title.source.startIdx, value.source.endIdx] };
  },
  Load(_load, target, _from, file, options): Statement {
    const list = options.children.map((option) => tree<Argument>(option));
    return { kind: "load", target: tree(target), file: tree(file), options: list, span: spanOf(this) };
  },
  LoadOption(_comma, title, _equals, value): Argument {
    return { name: name(title), value: tree(value), span: [title.source.startIdx, value.source.endIdx] };
  },
  Save(_save, target, _to, file, options): Statement {
    const list = options.children.map((option) => tree<Argument>(option));
    return { kind: "save", target: tree(target), file: tree(file), options: list, span: spanOf(this) };
  },
};

function joined(dims: Expression[], span: Span): ShapeExpression {
  const flat = dims.flatMap((dim) => (dim.kind === "shape" ? dim.dims : [dim]));
  return { kind: "shape", dims: flat, span };
}

actions.ShapeDim = function (this: Node, dim: Node) {
  return dim.ctorName === "shape" ? shapeOfText(dim) : tree(dim);
} as never;

export const semantics = grammar.createSemantics().addOperation<Result>("tree()", actions);

export { grammar };

/** The tree of a match that succeeded. */
export function treeOf(match: Parameters<typeof semantics>[0]): Cell {
  return (semantics(match) as unknown as { tree(): Cell }).tree();
}

export type { Located };
