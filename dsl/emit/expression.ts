import type { ArgumentSpec } from "../../std/layers/definition.js";
import { kindOf, startKind, type Scope } from "../scope.js";
import type { Argument, BinaryOperator, Call, Expression, Item, Pipe, Span } from "../syntax.js";
import { join, textOf, type Code, type SiteInfo } from "./code.js";
import type { EmitContext } from "./context.js";

const symbols: Readonly<Partial<Record<BinaryOperator, string>>> = { "==": "===", "!=": "!==", and: "&&", or: "||", "^": "**" };
const ranks: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  "==": 4,
  "!=": 4,
  "<": 5,
  ">": 5,
  "<=": 5,
  ">=": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
  "@": 7,
  "^": 9,
};
const methods: Readonly<Partial<Record<BinaryOperator, string>>> = {
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "over",
  "^": "power",
  "@": "matmul",
};

/** An expression as TypeScript. */
export function emitExpression(node: Expression, scope: Scope, context: EmitContext): Code {
  switch (node.kind) {
    case "number":
      return [node.text];
    case "string":
      return [JSON.stringify(node.value)];
    case "shape":
      return list(node.dims, scope, context);
    case "list":
      return list(node.items, scope, context);
    case "name":
      return emitName(node.text, scope, context);
    case "call":
      return emitCall(node, scope, context);
    case "member":
      if (kindOf(node.object, scope) === "tensor" && node.member.text !== "c") {
        return [
          ...operand(node.object, scope, context),
          ".",
          { mark: { call: node.span, name: node.member.span } },
          `extra(${JSON.stringify(node.member.text)})`,
        ];
      }
      return [...operand(node.object, scope, context), `.${node.member.text}`];
    case "index":
      return [...operand(node.object, scope, context), "[", ...emitExpression(node.index, scope, context), "]", ...there(scope)];
    case "slice": {
      const tap = (part: Expression): string => JSON.stringify(context.sourceOf(part.span).replace(/\s+/gu, ""));
      const mark = { mark: { call: node.span, args: sliceSpans(node) } };
      const object = operand(node.object, scope, context);
      if (node.from === null) return [...object, ".", mark, `upTo(${node.to === null ? "" : tap(node.to)})`];
      return [...object, ".", mark, node.to === null ? `from(${tap(node.from)})` : `between(${tap(node.from)}, ${tap(node.to)})`];
    }
    case "unary":
      return emitUnary(node, scope, context);
    case "binary":
      return emitBinary(node, scope, context);
    case "pipe":
      return emitPipe(node, scope, context);
  }
}

/** Outside of bodies the types are known, and an element may not be there as far as they tell. */
function there(scope: Scope): Code {
  return scope.isTop() ? [{ annotation: "!" }] : [];
}

function sliceSpans(node: Extract<Expression, { kind: "slice" }>): Record<string, Span> {
  return { ...(node.from === null ? {} : { from: node.from.span }), ...(node.to === null ? {} : { to: node.to.span, tap: node.to.span }) };
}

function list(items: readonly Expression[], scope: Scope, context: EmitContext): Code {
  return [
    "[",
    ...join(
      items.map((item) => emitValue(item, scope, context, null)),
      ", ",
    ),
    "]",
  ];
}

function emitName(name: string, scope: Scope, context: EmitContext): Code {
  const kind = scope.lookup(name);
  if (kind !== null) {
    if (scope.isTop() || !context.isLocal(name)) context.use(name);
    return [context.rename(name)];
  }
  if (scope.registry.layers.has(name)) return [context.layerName(name)];
  if (name === "true" || name === "false") return [name];
  if (scope.registry.networks.has(name)) return [`lamella.zoo.${name}`];
  if (scope.registry.datasets.has(name)) return [`lamella.dataRegistry.${name}`];
  context.use(name);
  return [context.rename(name)];
}

/** An expression that a `.` or `[` follows. */
function operand(node: Expression, scope: Scope, context: EmitContext): Code {
  const code = emitExpression(node, scope, context);
  const plain =
    node.kind === "name" ||
    node.kind === "member" ||
    node.kind === "index" ||
    node.kind === "call" ||
    node.kind === "list" ||
    node.kind === "shape" ||
    node.kind === "slice";
  return plain || kindOf(node, scope) === "tensor" ? code : ["(", ...code, ")"];
}

function emitUnary(node: Extract<Expression, { kind: "unary" }>, scope: Scope, context: EmitContext): Code {
  if (node.operator === "not") return ["!", ...nested(node.operand, 8, scope, context)];
  if (kindOf(node.operand, scope) === "tensor") {
    return [...emitExpression(node.operand, scope, context), ".", { mark: { call: node.span } }, "negative()"];
  }
  return ["-", ...nested(node.operand, 8, scope, context)];
}

/** A number expression inside another of rank `rank`, in parentheses where it needs them. */
function nested(node: Expression, rank: number, scope: Scope, context: EmitContext): Code {
  const code = emitExpression(node, scope, context);
  const own = node.kind === "binary" ? ranks[node.operator] : node.kind === "unary" ? 8 : 10;
  return own < rank && kindOf(node, scope) !== "tensor" ? ["(", ...code, ")"] : code;
}

function emitBinary(node: Extract<Expression, { kind: "binary" }>, scope: Scope, context: EmitContext): Code {
  const { operator, left, right } = node;
  const leftTensor = kindOf(left, scope) === "tensor";
  const rightTensor = kindOf(right, scope) === "tensor";
  const method = methods[operator];
  if ((leftTensor || rightTensor) && method !== undefined) {
    const mark = { mark: { call: node.span, args: { left: left.span, right: right.span } } satisfies SiteInfo };
    const other = emitExpression(right, scope, context);
    if (leftTensor) return [...emitExpression(left, scope, context), ".", mark, `${method}(`, ...other, ")"];
    return ["lamella.operators.", mark, `${method}(`, ...emitExpression(left, scope, context), ", ", ...other, ")"];
  }
  // Tensors of the notebook: only the operator tells.
  if (operator === "@")
    return ["lamella.matmul(", ...emitExpression(left, scope, context), ", ", ...emitExpression(right, scope, context), ")"];
  const rank = ranks[operator];
  const symbol = symbols[operator] ?? operator;
  return [
    ...nested(left, operator === "^" ? rank + 1 : rank, scope, context),
    ` ${symbol} `,
    ...nested(right, operator === "^" ? rank : rank + 1, scope, context),
  ];
}

/** A pipe inside an expression, or as a layer value. */
function emitPipe(node: Pipe, scope: Scope, context: EmitContext): Code {
  const [first, ...rest] = node.items;
  if (first === undefined) return ["undefined"];
  if (first.kind !== "repeat" && startKind(first, scope) === "tensor") {
    return chained(emitExpression(first, scope, context), rest, null, "to", node.span, scope, context);
  }
  const items = node.items.map((item, index) => emitItem(item, scope, context, index === 0));
  if (items.length === 1) return items[0] as Code;
  return ["lamella.chain(", ...join(items, ", "), ")"];
}

/** What stands between two bars, as a layer value. */
export function emitItem(item: Item, scope: Scope, context: EmitContext, start = false): Code {
  if (item.kind === "repeat") {
    return ["lamella.repeated(", ...emitExpression(item.over, scope, context), ", ", ...context.repeatBody(item, scope), ")"];
  }
  if (item.kind === "name" && scope.isLayerItem(item.text, start)) {
    return [...layerPrefix(item.text, context), { mark: { call: item.span, name: item.span } }, `${context.layerCallee(item.text)}()`];
  }
  return emitExpression(item, scope, context);
}

/** `base.row("label", a, b).repeat(…)`: a flow and what is applied to it. */
export function chained(
  base: Code,
  items: readonly Item[],
  label: string | null,
  method: "row" | "to",
  span: Span,
  scope: Scope,
  context: EmitContext,
): Code {
  let code = base;
  let group: Item[] = [];
  const flush = (last: boolean): void => {
    const named = last && label !== null;
    if (group.length === 0 && !(last && method === "row" && (items.length === 0 || named))) return;
    const values = group.map((item) => emitItem(item, scope, context));
    const mark: SiteInfo = {
      call: group.length === 0 ? span : [(group[0] as Item).span[0], (group.at(-1) as Item).span[1]],
      items: group.map((item) => item.span),
    };
    code = [...code, ".", { mark }, `${method}(`, ...join([...(named ? [[JSON.stringify(label)]] : []), ...values], ", "), ")"];
    group = [];
  };
  for (const [index, item] of items.entries()) {
    if (item.kind !== "repeat") {
      group.push(item);
      continue;
    }
    const last = index === items.length - 1;
    if (group.length > 0) flush(false);
    const mark: SiteInfo = { call: item.span, args: { over: item.over.span } };
    const values = [
      ...(last && label !== null ? [[JSON.stringify(label)]] : []),
      emitExpression(item.over, scope, context),
      context.repeatBody(item, scope),
    ];
    code = [...code, ".", { mark }, "repeat(", ...join(values, ", "), ")"];
    if (last) return code;
  }
  flush(true);
  return code;
}

function layerPrefix(name: string, context: EmitContext): Code {
  const callee = context.layerName(name);
  const dot = callee.lastIndexOf(".");
  return dot === -1 ? [] : [callee.slice(0, dot + 1)];
}

/** `conv 96, 11x11, stride=4` as `conv(96, [11, 11], { stride: 4 })`. */
function emitCall(node: Call, scope: Scope, context: EmitContext): Code {
  const { callee, args, juxtaposed } = node;
  const kind = scope.lookupCallee(callee.text);
  const definition = kind === null ? scope.registry.layers.get(callee.text) : undefined;
  const [first] = args;
  const tensorFirst = !juxtaposed && first !== undefined && first.name === null && kindOf(first.value, scope) === "tensor";
  if (definition !== undefined) {
    const places = definition.arguments.filter((spec) => spec.positional === true);
    const waits = definition.arguments.some((spec) => spec.defaultsToFlow === true);
    if (tensorFirst && places[0]?.kind === "tensor" && !waits) {
      // `add(a, b)` is `a | add b`.
      const applied: Call = { ...node, args: args.slice(1), juxtaposed: true };
      return [
        ...emitExpression(first.value, scope, context),
        ".",
        { mark: { call: node.span, items: [node.span] } },
        "to(",
        ...emitCall(applied, scope, context),
        ")",
      ];
    }
    const own = tensorFirst ? args.slice(1) : args;
    const given = emitArguments(own, places, definition.arguments, scope, context, juxtaposed && waits);
    const lead = tensorFirst ? [emitExpression(first.value, scope, context)] : [];
    const mark: SiteInfo = { call: node.span, name: callee.span, args: argumentSpans(own, places) };
    return [
      ...layerPrefix(callee.text, context),
      { mark },
      `${context.layerCallee(callee.text)}(`,
      ...join([...lead, ...given], ", "),
      ")",
    ];
  }
  if (tensorFirst && (kind === "block" || kind === "layer")) {
    const target: Code =
      args.length === 1
        ? emitName(callee.text, scope, context)
        : emitCall({ ...node, args: args.slice(1), juxtaposed: true }, scope, context);
    return [...emitExpression(first.value, scope, context), ".", { mark: { call: node.span, items: [node.span] } }, "to(", ...target, ")"];
  }
  const parameters = scope.callables.get(callee.text)?.parameters ?? [];
  const names = parameters
    .filter((parameter) => parameter.name.text !== "x" || parameter.shape === null)
    .map((parameter) => parameter.name.text);
  const values = emitArguments(args, [], [], scope, context, false);
  const mark: SiteInfo = {
    call: node.span,
    name: callee.span,
    args: argumentSpans(
      args,
      names.map((name) => ({ name })),
    ),
  };
  const target = textOf(emitName(callee.text, scope, context));
  const dot = target.lastIndexOf(".");
  return [target.slice(0, dot + 1), { mark }, `${target.slice(dot + 1)}(`, ...join(values, ", "), ")"];
}

/** The span of each value by its name in the definition. */
export function argumentSpans(
  args: readonly Argument[],
  places: readonly { readonly name: string; readonly rest?: boolean }[],
): Record<string, Span> {
  const spans: Record<string, Span> = {};
  let index = 0;
  for (const argument of args) {
    const name = argument.name?.text ?? places[Math.min(index, places.length - 1)]?.name;
    if (argument.name === null) index++;
    if (name !== undefined) spans[name] ??= argument.span;
  }
  return spans;
}

function emitArguments(
  args: readonly Argument[],
  places: readonly ArgumentSpec[],
  specs: readonly ArgumentSpec[],
  scope: Scope,
  context: EmitContext,
  nameTensors: boolean,
): Code[] {
  const positional: Code[] = [];
  const named: Code[] = [];
  let index = 0;
  for (const { name, value } of args) {
    const spec =
      name === null
        ? (places[index] ?? places.find((place) => place.rest === true) ?? null)
        : (specs.find((candidate) => candidate.name === name.text) ?? null);
    if (name === null) index++;
    const code = emitValue(value, scope, context, spec);
    // `crop d` with a tensor alone would read as crop applied to d.
    if (name === null && !(nameTensors && spec?.kind === "tensor")) positional.push(code);
    else named.push(property(name?.text ?? (spec as ArgumentSpec).name, code));
  }
  return named.length === 0 ? positional : [...positional, ["{ ", ...join(named, ", "), " }"]];
}

export function property(name: string, value: Code): Code {
  return textOf(value) === name ? [name] : [`${name}: `, ...value];
}

/** A value of a layer's argument: names that mean nothing in the scope may be choices or initialisers. */
export function emitValue(value: Expression, scope: Scope, context: EmitContext, spec: ArgumentSpec | null): Code {
  if (spec?.kind === "initializer") {
    if (value.kind === "name" && !scope.has(value.text)) return [JSON.stringify(value.text)];
    if (value.kind === "call" && !scope.has(value.callee.text)) {
      const entry = scope.registry.initializers.get(value.callee.text);
      if (entry !== undefined) {
        const values = emitArguments(value.args, entry.arguments, entry.arguments, scope, context, false);
        const mark: SiteInfo = { call: value.span, name: value.callee.span, args: argumentSpans(value.args, entry.arguments) };
        return [`${context.layerName("init")}.`, { mark }, `${value.callee.text}(`, ...join(values, ", "), ")"];
      }
    }
  }
  if (value.kind === "name" && !scope.has(value.text) && value.text !== "true" && value.text !== "false") {
    if (spec !== null && (spec.kind === "choice" || spec.kind === "string" || spec.kind === "padding")) return [JSON.stringify(value.text)];
    // Token 0 is padding in every data set of the library.
    if (value.text === "pad" && spec?.kind === "integer") return ["0"];
    if (spec?.kind === "any" && !scope.registry.layers.has(value.text)) return [JSON.stringify(value.text)];
    if (spec?.kind === "layer" && scope.registry.layers.has(value.text)) return emitItem(value, scope, context);
  }
  return emitExpression(value, scope, context);
}
