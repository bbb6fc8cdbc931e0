import type { TrainEntry, TrainKey } from "../../std/train/entry.js";
import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest.js";
import { placesOf } from "../emit/train.js";
import type { Scope } from "../scope.js";
import type { Argument, Expression, Span, TrainKeyRow, TrainStatement } from "../syntax.js";
import type { CheckOptions } from "./check.js";
import type { ExpressionChecker } from "./expressions.js";

/** The rows of a `train` block: keys, what they name, networks and data. */
export function checkTrain(
  statement: TrainStatement,
  outer: Scope,
  options: CheckOptions,
  report: (found: Diagnostic) => void,
  expressions: ExpressionChecker,
): void {
  const { registry } = options;
  const add = (code: string, message: string, span: Span, meant: string | null = null, hint = "", more: Partial<Diagnostic> = {}): void =>
    report(
      diagnostic(code, message, span, {
        hint,
        ...(meant === null ? {} : { fix: { title: `change to ${meant}`, span, text: meant } }),
        ...more,
      }),
    );
  const meantText = (meant: string | null): string => (meant === null ? "" : `; did you mean \`${meant}\`?`);

  for (const name of statement.networks) {
    const kind = outer.lookup(name.text);
    if (kind === "network" || kind === "any" || options.lost.has(name.text) || registry.networks.has(name.text)) continue;
    const networks = [...outer.names()].flatMap(([other, otherKind]) => (otherKind === "network" ? [other] : []));
    const meant = nearestName(name.text, networks);
    if (kind !== null) add("E061", `\`${name.text}\` is no network`, name.span);
    else if (options.closed || meant !== null) add("E061", `there is no network \`${name.text}\`${meantText(meant)}`, name.span, meant);
  }
  if (statement.data.kind === "name") {
    const { text, span } = statement.data;
    if (!outer.has(text) && !registry.datasets.has(text)) {
      const usable = [...outer.names()].flatMap(([name, kind]) => (kind === "dataset" || kind === "any" ? [name] : []));
      const meant = nearestName(text, [...registry.datasets.keys(), ...usable]);
      if (options.closed || meant !== null)
        add(
          "E062",
          `there is no data set \`${text}\`${meantText(meant)}`,
          span,
          meant,
          `there are ${[...registry.datasets.keys()].join(", ")}`,
          options.module && meant === null ? { severity: "warning" } : {},
        );
    }
  } else expressions.value(statement.data, outer, null, true);

  const scope = outer.inner();
  const seen = new Map<string, TrainKeyRow>();
  for (const row of statement.rows) {
    if (row.kind === "let") {
      scope.define(row.name.text, "tensor");
      continue;
    }
    if (row.kind === "update") {
      if (!statement.networks.some(({ text }) => text === row.network.text)) {
        const meant = nearestName(
          row.network.text,
          statement.networks.map(({ text }) => text),
        );
        add(
          "E063",
          `\`${row.network.text}\` is not trained here${meantText(meant)}`,
          row.network.span,
          meant,
          `train ${statement.networks.map(({ text }) => text).join(", ")} on …`,
        );
      }
      losses(row.loss);
      continue;
    }
    keyRow(row);
  }
  if (statement.networks.length > 1 && !statement.rows.some(({ kind }) => kind === "update")) {
    add("E063", "several networks are trained by `update` rows, one for each", [
      statement.networks[0]?.span[0] ?? 0,
      statement.networks.at(-1)?.span[1] ?? 0,
    ]);
  }

  function keyRow(row: TrainKeyRow): void {
    const key = registry.train.keys.find(({ name }) => name === row.key.text);
    if (key === undefined) {
      const names = registry.train.keys.map(({ name }) => name);
      const meant = nearestName(row.key.text, names) ?? familyKey(row.key.text);
      add("E060", `\`train\` has no row \`${row.key.text}\`${meantText(meant)}`, row.key.span, meant, `there are ${names.join(", ")}`);
      return;
    }
    if (seen.has(key.name)) add("E012", `\`${key.name}\` stands here twice`, row.key.span);
    seen.set(key.name, row);
    if (key.name === "freeze" || key.name === "watch") {
      for (const { name, value } of row.args)
        if (name?.text === "every") expressions.value(value, scope, key.arguments.find((spec) => spec.name === "every") ?? null, false);
      if (row.args.length === 0) add("E022", `\`${key.name}\` needs a value`, row.key.span, null, `as in ${key.example}`);
      return;
    }
    if (key.family === null) {
      expressions.arguments(
        key.name,
        row.args,
        key.arguments,
        key.arguments.filter((spec) => spec.positional === true),
        scope,
        row.key.span,
      );
      return;
    }
    if (row.args.length === 0) add("E022", `\`${key.name}\` needs a value`, row.key.span, null, `as in ${key.example}`);
    if (!key.many && row.args.length > 1)
      add("E023", `\`${key.name}\` takes one value`, (row.args[1] ?? row).span, null, `as in ${key.example}`);
    for (const argument of row.args) familyValue(argument, key, key.family);
  }

  /** `relu` as a row: perhaps a loss or an optimiser without its key. */
  function familyKey(name: string): string | null {
    for (const key of registry.train.keys)
      if (key.family !== null && registry.train.families[key.family].some((entry) => entry.name === name)) return `${key.name} ${name}`;
    return null;
  }

  function familyValue({ name, value }: Argument, key: TrainKey, family: TrainEntry["family"]): void {
    if (name !== null) {
      add("E026", `\`${key.name}\` has no option \`${name.text}\``, name.span, null, `options stand in parentheses, as in ${key.example}`);
      return;
    }
    const entries = registry.train.families[family];
    const called = value.kind === "name" ? { text: value.text, span: value.span } : value.kind === "call" ? value.callee : null;
    if (called !== null && !scope.has(called.text)) {
      const entry = entries.find((candidate) => candidate.name === called.text);
      if (entry === undefined) {
        const meant = nearestName(
          called.text,
          entries.map((candidate) => candidate.name),
        );
        if (meant !== null || options.closed || value.kind === "name") {
          add(
            "E064",
            `there is no ${family} \`${called.text}\`${meantText(meant)}`,
            called.span,
            meant,
            `there are ${entries.map((candidate) => candidate.name).join(", ")}`,
          );
        }
        return;
      }
      if (value.kind === "call") entryArguments(entry, value.args, called.span);
      else entryArguments(entry, [], called.span);
      return;
    }
    if (family === "loss") losses(value);
  }

  function entryArguments(entry: TrainEntry, args: readonly Argument[], span: Span): void {
    if (entry.family === "loss" && args.some(({ name, value }) => name === null && value.kind !== "number")) {
      for (const { name } of args) {
        if (name === null || entry.arguments.some((spec) => spec.name === name.text)) continue;
        const names = entry.arguments.map((spec) => spec.name);
        const meant = nearestName(name.text, names);
        add(
          "E026",
          `\`${entry.name}\` has no option \`${name.text}\`${meantText(meant)} (${names.length === 0 ? "it has none" : `it has ${names.join(", ")}`})`,
          name.span,
          meant,
        );
      }
      return;
    }
    const places = placesOf(entry, args[0], scope);
    const [output] = places;
    const rest = output?.kind === "tensor" && args[0]?.name === null ? args.slice(1) : args;
    expressions.arguments(entry.name, rest, entry.arguments, output?.kind === "tensor" ? places.slice(1) : places, scope, span);
  }

  /** Names of losses inside an expression: `mse(age, faces.age) + 2 * iuo(box, faces.box)`. */
  function losses(node: Expression): void {
    if (node.kind === "binary") {
      losses(node.left);
      losses(node.right);
    } else if (node.kind === "unary") losses(node.operand);
    else if (node.kind === "call" && !scope.has(node.callee.text)) {
      const names = registry.train.families.loss.map(({ name }) => name);
      const entry = registry.train.families.loss.find(({ name }) => name === node.callee.text);
      if (entry !== undefined) entryArguments(entry, node.args, node.callee.span);
      else if (!registry.layers.has(node.callee.text)) {
        const meant = nearestName(node.callee.text, names);
        if (meant !== null || options.closed)
          add(
            "E064",
            `there is no loss \`${node.callee.text}\`${meantText(meant)}`,
            node.callee.span,
            meant,
            `there are ${names.join(", ")}`,
          );
      }
      for (const { value } of node.args) piped(value);
    }
  }

  /** `fake | D`: the networks a tensor goes through. */
  function piped(node: Expression): void {
    if (node.kind !== "pipe") return;
    for (const item of node.items.slice(1)) {
      if (item.kind !== "name" || scope.has(item.text) || registry.networks.has(item.text)) continue;
      const meant = nearestName(item.text, [...scope.names().keys()]);
      if (meant !== null || options.closed) add("E061", `there is no network \`${item.text}\`${meantText(meant)}`, item.span, meant);
    }
  }
}
