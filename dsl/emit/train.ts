import type { ArgumentSpec } from "../../std/layers/definition.js";
import type { TrainEntry, TrainKey } from "../../std/train/entry.js";
import { kindOf, type Scope } from "../scope.js";
import type { Argument, Call, Expression, LetRow, TrainKeyRow, TrainStatement } from "../syntax.js";
import { join, textOf, type Code } from "./code.js";
import type { EmitContext } from "./context.js";
import { argumentSpans, emitExpression, emitValue, property } from "./expression.js";

/** `train N on data { … }` as a call of `lamella.train`. */
export function emitTrain(statement: TrainStatement, scope: Scope, context: EmitContext): Code {
  const { networks, rows } = statement;
  const names = networks.map(({ text }) => {
    context.use(text);
    return text;
  });
  const adversarial = rows.some((row) => row.kind === "update");
  const options: Code[] = adversarial ? adversarialOptions(statement, scope, context) : [];
  const lets = rows.filter((row): row is LetRow => row.kind === "let");
  for (const row of rows) {
    if (row.kind !== "key") continue;
    const key = scope.registry.train.keys.find(({ name }) => name === row.key.text);
    if (key === undefined) continue;
    const code =
      adversarial && key.name === "watch"
        ? watchOption(row, lets, statement, scope, context)
        : keyOption(row, key, statement, scope, context);
    if (code !== null) options.push(code);
  }
  const target = names.length === 1 ? (names[0] ?? "") : `[${names.join(", ")}]`;
  const data = emitExpression(statement.data, scope, context);
  const head: Code = ["await lamella.", { mark: { call: statement.span, args: trainSpans(rows) } }, `train(${target}, `, ...data];
  if (options.length === 0) return [...head, ");"];
  return [...head, ", {\n", ...options.flatMap((option): Code => ["  ", ...option, ",\n"]), "});"];
}

function trainSpans(rows: TrainStatement["rows"]): Record<string, readonly [number, number]> {
  return Object.fromEntries(rows.flatMap((row) => (row.kind === "key" ? [[row.key.text, row.span] as const] : [])));
}

function keyOption(row: TrainKeyRow, key: TrainKey, statement: TrainStatement, scope: Scope, context: EmitContext): Code | null {
  if (key.name === "freeze") {
    const parts = row.args.map(({ value }): Code => [JSON.stringify(context.sourceOf(value.span).replace(/\s+/gu, ""))]);
    return [...property("freeze", ["[", ...join(parts, ", "), "]"])];
  }
  if (key.name === "watch") {
    const every = row.args.find(({ name }) => name?.text === "every");
    const parts = row.args.filter(({ name }) => name === null).map(({ value }): Code => [JSON.stringify(context.sourceOf(value.span))]);
    const value: Code = parts.length === 1 ? (parts[0] as Code) : ["[", ...join(parts, ", "), "]"];
    if (every === undefined) return property("watch", value);
    return property("watch", [
      "{ value: ",
      ...value,
      ", every: ",
      ...emitValue(every.value, scope, context, key.arguments[1] ?? null),
      " }",
    ]);
  }
  if (key.family !== null) return familyOption(row, key, statement, scope, context);
  const places = key.arguments.filter((spec) => spec.positional === true);
  const values = row.args.map(({ name, value }, index) => {
    const spec = name === null ? (places[index] ?? places.at(-1)) : key.arguments.find((candidate) => candidate.name === name.text);
    return { name: name?.text ?? spec?.name ?? "value", code: emitValue(value, scope, context, spec ?? null) };
  });
  const [first] = values;
  if (first === undefined) return null;
  if (values.length === 1 && first.name === places[0]?.name) return property(key.name, first.code);
  return property(key.name, [
    "{ ",
    ...join(
      values.map(({ name, code }) => property(name, code)),
      ", ",
    ),
    " }",
  ]);
}

function familyOption(row: TrainKeyRow, key: TrainKey, statement: TrainStatement, scope: Scope, context: EmitContext): Code | null {
  const entries = scope.registry.train.families[key.family as TrainEntry["family"]];
  const find = (name: string): TrainEntry | undefined => (scope.has(name) ? undefined : entries.find((entry) => entry.name === name));
  const values = row.args.map(({ value }): Code => {
    if (value.kind === "name") {
      const entry = find(value.text);
      return entry === undefined
        ? emitExpression(value, scope, context)
        : key.family === "augmentation"
          ? entryCall(entry, [], scope, context)
          : [JSON.stringify(entry.name)];
    }
    if (value.kind === "call") {
      const entry = find(value.callee.text);
      const tensors =
        key.family === "loss" && value.args.some((argument) => argument.name === null && mentionsStep(argument.value, statement));
      if (entry !== undefined && !tensors) return entryCall(entry, value.args, scope, context, value);
    }
    if (key.family === "loss") return lossExpression(value, statement, scope, context);
    return emitExpression(value, scope, context);
  });
  if (key.many) return property(key.name, ["[", ...join(values, ", "), "]"]);
  return values[0] === undefined ? null : property(key.name, values[0]);
}

/** `adam(lr=0.001)` as `lamella.adam({ lr: 0.001 })`. */
function entryCall(entry: TrainEntry, args: readonly Argument[], scope: Scope, context: EmitContext, node?: Call): Code {
  const [first] = args;
  const places = placesOf(entry, first, scope);
  const values = args.map(({ name, value }, index) => {
    const spec = name === null ? (places[index] ?? places.at(-1)) : entry.arguments.find((candidate) => candidate.name === name.text);
    const code: Code =
      spec?.kind === "tensor" && value.kind === "name" ? [JSON.stringify(value.text)] : emitValue(value, scope, context, spec ?? null);
    return property(name?.text ?? spec?.name ?? "value", code);
  });
  const dot = entry.typescript.lastIndexOf(".");
  const mark: Code = node === undefined ? [] : [{ mark: { call: node.span, name: node.callee.span, args: argumentSpans(args, places) } }];
  const inside: Code = values.length === 0 ? [] : ["{ ", ...join(values, ", "), " }"];
  return [`lamella.${entry.typescript.slice(0, dot + 1)}`, ...mark, `${entry.typescript.slice(dot + 1)}(`, ...inside, ")"];
}

/** A metric's output stands first, but only where one is named: `f1(macro)`, `f1(emotion)`, `top(5)`. */
export function placesOf(entry: TrainEntry, first: Argument | undefined, scope: Scope): readonly ArgumentSpec[] {
  const places = entry.arguments.filter((spec) => spec.positional === true);
  const [output, next] = places;
  if (output?.kind !== "tensor") return places;
  const named =
    first !== undefined &&
    first.name === null &&
    first.value.kind === "name" &&
    !scope.has(first.value.text) &&
    !(next?.choices ?? []).includes(first.value.text);
  return named ? places : places.slice(1);
}

/** Whether an argument is a tensor of the step: an output of the net, a column of the data. */
function mentionsStep(node: Expression, statement: TrainStatement): boolean {
  if (node.kind === "member")
    return node.object.kind === "name" && statement.data.kind === "name" && node.object.text === statement.data.text;
  return node.kind === "name";
}

/** `mse(age, faces.age) + 2 * iou(box, faces.box)` as a function of the step. */
function lossExpression(value: Expression, statement: TrainStatement, scope: Scope, context: EmitContext): Code {
  const code = stepExpression(value, statement, scope, context, (name) => [`outputs.${name}`, { annotation: "!" }]);
  return ["({ outputs, data }) => ", ...code];
}

const functions: Readonly<Record<string, string>> = { "+": "add", "-": "sub", "*": "mul", "/": "div", "^": "pow", "@": "matmul" };

/** An expression in tensors of a training step. */
function stepExpression(
  node: Expression,
  statement: TrainStatement,
  scope: Scope,
  context: EmitContext,
  output: (name: string) => Code,
): Code {
  const visit = (inner: Expression): Code => stepExpression(inner, statement, scope, context, output);
  const dataName = statement.data.kind === "name" ? statement.data.text : null;
  switch (node.kind) {
    case "member":
      if (node.object.kind === "name" && node.object.text === dataName) return [`data.${node.member.text}`, { annotation: "!" }];
      return emitExpression(node, scope, context);
    case "name":
      return scope.has(node.text) && kindOf(node, scope) !== "tensor" ? emitExpression(node, scope, context) : output(node.text);
    case "binary": {
      const name = functions[node.operator];
      if (name === undefined || (!tensorish(node.left) && !tensorish(node.right))) return emitExpression(node, scope, context);
      return [`lamella.${name}(`, ...visit(node.left), ", ", ...visit(node.right), ")"];
    }
    case "unary":
      return node.operator === "-" && tensorish(node.operand)
        ? ["lamella.neg(", ...visit(node.operand), ")"]
        : emitExpression(node, scope, context);
    case "call": {
      const entry = scope.registry.train.families.loss.find(({ name }) => name === node.callee.text);
      const positional = node.args.filter(({ name }) => name === null).map(({ value }) => visit(value));
      const named = node.args
        .filter(({ name }) => name !== null)
        .map(({ name, value }) =>
          property(name?.text ?? "", emitValue(value, scope, context, entry?.arguments.find((spec) => spec.name === name?.text) ?? null)),
        );
      const values = [...positional, ...(named.length === 0 ? [] : [["{ ", ...join(named, ", "), " }"] as Code])];
      const callee = entry === undefined ? stepFunction(node.callee.text) : `lamella.${entry.typescript}`;
      return [
        callee.slice(0, callee.lastIndexOf(".") + 1),
        { mark: { call: node.span, name: node.callee.span } },
        `${callee.slice(callee.lastIndexOf(".") + 1)}(`,
        ...join(values, ", "),
        ")",
      ];
    }
    case "pipe": {
      const [first, ...rest] = node.items;
      if (first === undefined || first.kind === "repeat") return ["undefined"];
      let code = visit(first);
      for (const item of rest)
        code = item.kind === "repeat" ? code : ["step.run(", ...emitExpression(item, scope, context), ", ", ...code, ")"];
      return code;
    }
    case "number":
    case "string":
    case "shape":
    case "list":
    case "index":
    case "slice":
      return emitExpression(node, scope, context);
  }
}

function stepFunction(name: string): string {
  return name === "normal" || name === "uniform" ? `step.${name}` : `lamella.${name}`;
}

function tensorish(node: Expression): boolean {
  if (node.kind === "number" || node.kind === "string") return false;
  if (node.kind === "binary") return tensorish(node.left) || tensorish(node.right);
  return true;
}

/** `let fake = …` and the `update` rows, as what each step does. */
function adversarialOptions(statement: TrainStatement, scope: Scope, context: EmitContext): Code[] {
  const lets = statement.rows.filter((row): row is LetRow => row.kind === "let");
  const names = new Set(lets.map(({ name }) => name.text));
  // What is drawn in a step is drawn once; what networks make of it is made where it is needed, with their newest weights.
  const output = (name: string): Code => [names.has(name) ? `${name}()` : name];
  const lines: Code[] = [];
  for (const row of lets) {
    const [first, ...rest] = row.value.items;
    if (first === undefined || first.kind === "repeat") continue;
    const source = stepExpression(first, statement, scope, context, output);
    const drawn = first.kind === "call" && (first.callee.text === "normal" || first.callee.text === "uniform") && rest.length > 0;
    const base: Code = drawn ? [`${row.name.text}Source`] : source;
    if (drawn) lines.push([`const ${row.name.text}Source = `, ...source, ";"]);
    let code = base;
    for (const item of rest) if (item.kind !== "repeat") code = ["step.run(", ...emitExpression(item, scope, context), ", ", ...code, ")"];
    lines.push([`const ${row.name.text} = () => `, ...code, ";"]);
  }
  const updates = statement.rows.flatMap((row): Code[] => {
    if (row.kind !== "update") return [];
    context.use(row.network.text);
    return [[`[${row.network.text}, () => `, ...stepExpression(row.loss, statement, scope, context, output), "]"]];
  });
  const body: Code = [
    "updates: (step) => {\n",
    "    const { data } = step;\n",
    ...lines.flatMap((line): Code => ["    ", ...line, "\n"]),
    "    return [\n",
    ...updates.flatMap((update): Code => ["      ", ...update, ",\n"]),
    "    ];\n  }",
  ];
  return [textOf(body).includes("data.") ? body : body.filter((piece) => piece !== "    const { data } = step;\n")];
}

/** `watch fake`: what is watched is made by the step. */
function watchOption(
  row: TrainKeyRow,
  lets: readonly LetRow[],
  statement: TrainStatement,
  scope: Scope,
  context: EmitContext,
): Code | null {
  const value = row.args.find(({ name }) => name === null)?.value;
  if (value === undefined) return null;
  const definition = value.kind === "name" ? lets.find(({ name }) => name.text === value.text) : undefined;
  const made = stepExpression(definition?.value ?? value, statement, scope, context, (name) => [name]);
  const every = row.args.find(({ name }) => name?.text === "every");
  const spec = scope.registry.train.keys.find(({ name }) => name === "watch")?.arguments.find(({ name }) => name === "every");
  const rate: Code = every === undefined ? [] : [", every: ", ...emitValue(every.value, scope, context, spec ?? null)];
  return ["watch: { value: (step) => ", ...made, ...rate, " }"];
}
