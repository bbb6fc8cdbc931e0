import type { ArgumentSpec } from "../../std/layers/definition.js";
import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestName } from "../diagnostics/nearest.js";
import { taken } from "../emit/words.js";
import { kindOf, type Scope } from "../scope.js";
import type { Argument, Call, Expression, Span } from "../syntax.js";
import type { CheckOptions } from "./check.js";
import { literalProblem } from "./literals.js";

/** Names and options inside rows. */
export class ExpressionChecker {
  readonly #options: CheckOptions;
  readonly #report: (found: Diagnostic) => void;
  /** What a name is that stands for nothing and resembles nothing. */
  freeNames: "error" | "warning" = "error";

  constructor(options: CheckOptions, report: (found: Diagnostic) => void) {
    this.#options = options;
    this.#report = report;
  }

  #add(code: string, message: string, span: Span, meant: string | null = null, hint = ""): void {
    this.#report(
      diagnostic(code, message, span, { hint, ...(meant === null ? {} : { fix: { title: `change to ${meant}`, span, text: meant } }) }),
    );
  }

  /** Something between two bars, or at the start of a row. */
  item(node: Expression, scope: Scope, index: number): void {
    if (node.kind === "name") {
      if (scope.isLayerItem(node.text, index === 0)) {
        this.#required(node.text, [], node.span, scope);
        return;
      }
      if (scope.lookup(node.text) === "block")
        this.#blockCall({ kind: "call", callee: node, args: [], juxtaposed: true, span: node.span }, scope);
      else if (!scope.has(node.text)) this.#unknown(node.text, node.span, scope, true);
      const kind = scope.lookup(node.text);
      if (index > 0 && kind === "tensor")
        this.#add(
          "E018",
          `\`${node.text}\` is a tensor, not a layer: nothing flows into it`,
          node.span,
          null,
          `add ${node.text} or concat ${node.text} joins it with the flow`,
        );
      return;
    }
    if (node.kind === "number" || node.kind === "string" || node.kind === "shape" || node.kind === "list") {
      this.#add("E017", "a row is made of layers, and this is only a value", node.span);
      return;
    }
    if (node.kind === "binary" && index > 0 && kindOf(node, scope) !== "tensor") {
      this.value(node, scope, null, true);
      this.#add("E017", "a row is made of layers, and this is only a value", node.span);
      return;
    }
    this.value(node, scope, null, true);
  }

  /** A value: `strict` when a name that means nothing is a mistake, and not perhaps a word of the layer's own. */
  value(node: Expression, scope: Scope, spec: ArgumentSpec | null, strict: boolean): void {
    switch (node.kind) {
      case "number":
      case "string":
        this.#literal(node, spec);
        return;
      case "shape":
        for (const dim of node.dims) this.value(dim, scope, null, true);
        return;
      case "list":
        for (const item of node.items) this.value(item, scope, null, true);
        return;
      case "name":
        this.#name(node.text, node.span, scope, spec, strict);
        return;
      case "call":
        this.#call(node, scope, spec);
        return;
      case "member":
        this.value(node.object, scope, null, true);
        if (node.object.kind === "number" || node.object.kind === "string")
          this.#add("E042", `a ${node.object.kind === "number" ? "number" : "text"} has no \`${node.member.text}\``, node.member.span);
        return;
      case "index":
        this.value(node.object, scope, null, true);
        this.value(node.index, scope, null, true);
        return;
      case "slice":
        this.value(node.object, scope, null, true);
        return;
      case "unary":
        this.value(node.operand, scope, null, true);
        return;
      case "binary":
        this.#operand(node.left, scope);
        this.#operand(node.right, scope);
        return;
      case "pipe":
        for (const [index, item] of node.items.entries()) if (item.kind !== "repeat") this.item(item, scope, index);
        return;
    }
  }

  /** A layer that is given no tensor cannot be calculated with. */
  #operand(node: Expression, scope: Scope): void {
    this.value(node, scope, null, true);
    if (node.kind === "name" && scope.isLayer(node.text))
      this.#add("E019", `\`${node.text}\` is a layer: in a formula it is applied to a tensor, as ${node.text}(x)`, node.span);
  }

  #literal(node: Extract<Expression, { kind: "number" | "string" }>, spec: ArgumentSpec | null): void {
    const problem = spec === null ? null : literalProblem(spec, node.value);
    if (problem !== null) this.#add(problem.code, problem.message, node.span);
  }

  #name(name: string, span: Span, scope: Scope, spec: ArgumentSpec | null, strict: boolean): void {
    if (name === "true" || name === "false") {
      if (spec !== null && ["integer", "number", "size", "choice", "shape", "tensor"].includes(spec.kind))
        this.#add("E021", `${spec.name} is ${kindText(spec)}, not ${name}`, span);
      return;
    }
    if (scope.has(name)) {
      const kind = scope.lookup(name);
      if (spec?.kind === "tensor" && (kind === "block" || kind === "network"))
        this.#add("E021", `${spec.name} is a tensor, and \`${name}\` is a ${kind}`, span);
      return;
    }
    if (spec?.kind === "choice") {
      const choices = spec.choices ?? [];
      if (choices.includes(name)) return;
      const meant = nearestName(name, choices);
      this.#add(
        "E024",
        `${spec.name} is one of ${choices.join(", ")}, not \`${name}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}`,
        span,
        meant,
      );
      return;
    }
    if (spec?.kind === "padding") {
      if (name === "same") return;
      const meant = nearestName(name, ["same"]);
      if (meant !== null) {
        this.#add("E024", `${spec.name} is a number or \`same\`, not \`${name}\`; did you mean \`same\`?`, span, meant);
        return;
      }
    }
    if (spec?.kind === "initializer") {
      if (scope.registry.initializers.has(name)) return;
      this.#unknownInitializer(name, span, scope);
      return;
    }
    if (spec?.kind === "string" || (spec?.kind === "any" && !strict)) return;
    if (name === "pad" && spec?.kind === "integer") return;
    if (scope.registry.layers.has(name)) {
      if (spec?.kind === "tensor") this.#add("E021", `${spec.name} is a tensor, and \`${name}\` is a layer`, span);
      return;
    }
    this.#unknown(name, span, scope, spec?.kind === "layer");
  }

  #unknownInitializer(name: string, span: Span, scope: Scope): void {
    const meant = nearestName(name, scope.registry.initializers.keys());
    if (meant === null && !this.#options.closed) return;
    this.#add(
      "E027",
      `there is no initialiser \`${name}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}`,
      span,
      meant,
      `there are ${[...scope.registry.initializers.keys()].join(", ")}`,
    );
  }

  /** A name that stands for nothing here. In a notebook it may be TypeScript's: then only near misses are reported. */
  #unknown(name: string, span: Span, scope: Scope, asLayer: boolean): void {
    // A word of TypeScript cannot be one of its names.
    const closed = this.#options.closed || taken.has(name);
    if (this.#options.lost.has(name) || scope.registry.networks.has(name) || scope.registry.datasets.has(name)) return;
    const nearName = nearestName(name, [...scope.names().keys(), ...scope.registry.networks.keys()]);
    const nearLayer = scope.registry.suggestLayer(name);
    if (asLayer) {
      // In the place of a layer: a layer first, then a block or layer value of the scope.
      const meant = nearLayer ?? nearName;
      if (meant === null && !closed) return;
      this.#add("E020", `there is no layer \`${name}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}`, span, meant);
      return;
    }
    if (nearName === null && !closed) return;
    if (nearName === null && this.freeNames === "warning") {
      this.#report(diagnostic("E011", `\`${name}\` is not defined here`, span, { severity: "warning" }));
      return;
    }
    this.#add("E011", `\`${name}\` is not defined${nearName === null ? "" : `; did you mean \`${nearName}\`?`}`, span, nearName);
  }

  #call(node: Call, scope: Scope, spec: ArgumentSpec | null): void {
    const { callee, args, juxtaposed } = node;
    const kind = scope.lookupCallee(callee.text);
    if (kind === null && spec?.kind === "initializer") {
      const entry = scope.registry.initializers.get(callee.text);
      if (entry === undefined) this.#unknownInitializer(callee.text, callee.span, scope);
      else
        this.arguments(
          callee.text,
          args,
          entry.arguments,
          entry.arguments.filter((one) => one.positional === true),
          scope,
          node.callee.span,
        );
      return;
    }
    if (kind === "block") {
      this.#blockCall(node, scope);
      return;
    }
    if (kind === "network" || (kind === null && scope.registry.networks.has(callee.text))) {
      this.#networkCall(node, scope);
      return;
    }
    const definition = kind === null ? scope.registry.layers.get(callee.text) : undefined;
    const given = args[0];
    const takesValues = given !== undefined && (juxtaposed || given.name !== null || kindOf(given.value, scope) !== "tensor");
    if (definition === undefined) {
      if (kind === null) this.#unknown(callee.text, callee.span, scope, juxtaposed || scope.registry.suggestLayer(callee.text) !== null);
      else if (kind === "layer" && takesValues)
        this.#add("E023", `\`${callee.text}\` is a layer value and takes no values`, args[0]?.span ?? callee.span);
      else if (kind === "tensor" && args.length > 0) this.#add("E018", `\`${callee.text}\` is a tensor and takes no values`, callee.span);
      for (const { value } of args) this.value(value, scope, null, true);
      return;
    }
    const first = args[0];
    const onTensor = !juxtaposed && first !== undefined && first.name === null && kindOf(first.value, scope) === "tensor";
    if (onTensor) this.value(first.value, scope, null, true);
    const numeric = !juxtaposed && definition.usableInFormula === true && args.length === 1 && first?.name === null && !onTensor;
    if (numeric && definition.arguments.every((one) => one.positional !== true)) {
      this.value(first.value, scope, null, true);
      return;
    }
    const places = definition.arguments.filter((one) => one.positional === true);
    this.arguments(callee.text, onTensor ? args.slice(1) : args, definition.arguments, places, scope, callee.span, onTensor);
  }

  /** What a layer is given: too many values, unknown names, something twice, something missing. */
  arguments(
    owner: string,
    args: readonly Argument[],
    specs: readonly ArgumentSpec[],
    places: readonly ArgumentSpec[],
    scope: Scope,
    ownerSpan: Span,
    onTensor = false,
  ): void {
    const single = places.filter((spec) => spec.rest !== true);
    const rest = places.find((spec) => spec.rest === true);
    const given = new Set<string>();
    let index = 0;
    let tooMany = false;
    for (const { name, value, span } of args) {
      if (name === null) {
        const spec = single[index] ?? rest;
        index++;
        if (spec === undefined) {
          if (!tooMany) {
            const count = args.filter((one) => one.name === null).length;
            const takes =
              places.length === 0
                ? "takes no values without a name"
                : `takes at most ${places.length} ${places.length === 1 ? "value" : "values"} without a name (${places.map((one) => one.name).join(", ")})`;
            this.#add("E023", `\`${owner}\` ${takes}, but ${count} arrived`, span);
          }
          tooMany = true;
          this.value(value, scope, null, true);
          continue;
        }
        given.add(spec.name);
        this.value(value, scope, spec, false);
        continue;
      }
      const spec = specs.find((candidate) => candidate.name === name.text);
      if (spec === undefined) {
        const names = specs.map((one) => one.name);
        const meant = nearestName(name.text, names);
        const has = names.length === 0 ? " (it has none)" : ` (it has ${names.join(", ")})`;
        this.#add(
          "E026",
          `\`${owner}\` has no option \`${name.text}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}${has}`,
          name.span,
          meant,
        );
        continue;
      }
      if (given.has(spec.name)) this.#add("E025", `\`${owner}\` is given ${spec.name} twice`, span);
      given.add(spec.name);
      this.value(value, scope, spec, false);
    }
    for (const spec of specs) {
      if (spec.required === true && !given.has(spec.name) && spec.defaultsToFlow !== true && !(onTensor && spec.kind === "tensor")) {
        this.#add("E022", `\`${owner}\` needs ${spec.name}: ${lowerFirst(spec.doc)}`, ownerSpan);
        return;
      }
    }
  }

  #required(name: string, args: readonly Argument[], span: Span, scope: Scope): void {
    const definition = scope.registry.layers.get(name);
    if (definition !== undefined) this.arguments(name, args, definition.arguments, [], scope, span);
  }

  #blockCall(node: Call, scope: Scope): void {
    const { callee, args, juxtaposed } = node;
    const first = args[0];
    const onTensor = !juxtaposed && first !== undefined && first.name === null && kindOf(first.value, scope) === "tensor";
    const given = onTensor ? args.slice(1) : args;
    for (const { value } of args) this.value(value, scope, null, true);
    const callable = scope.callables.get(callee.text);
    if (callable === undefined) return;
    const parameters = callable.parameters.filter(({ name, shape }) => name.text !== "x" || shape === null);
    const names = parameters.map(({ name }) => name.text);
    const has = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
    const filled = new Set<string>();
    let index = 0;
    for (const { name, span } of given) {
      if (name === null) {
        const parameter = names[index++];
        if (parameter === undefined) {
          this.#add(
            "E023",
            `\`${callee.text}\` takes ${names.length === 0 ? "no values" : `at most ${names.length} ${names.length === 1 ? "value" : "values"} (${names.join(", ")})`}`,
            span,
          );
          return;
        }
        filled.add(parameter);
      } else if (names.includes(name.text)) {
        if (filled.has(name.text)) this.#add("E025", `\`${callee.text}\` is given ${name.text} twice`, span);
        filled.add(name.text);
      } else {
        const meant = nearestName(name.text, names);
        this.#add(
          "E026",
          `\`${callee.text}\` has no parameter \`${name.text}\`${meant === null ? "" : `; did you mean \`${meant}\`?`} (${has})`,
          name.span,
          meant,
        );
      }
    }
    const missing = parameters.filter(({ name, fallback }) => fallback === null && !filled.has(name.text)).map(({ name }) => name.text);
    if (missing.length > 0)
      this.#add(
        "E022",
        `\`${callee.text}\` needs ${missing.join(" and ")}`,
        callee.span,
        null,
        `it is written ${callee.text} ${names.join(", ")}`,
      );
  }

  #networkCall(node: Call, scope: Scope): void {
    const { callee, args } = node;
    for (const { value } of args) this.value(value, scope, null, true);
    const callable = scope.callables.get(callee.text);
    if (callable === undefined) return;
    const names = callable.parameters.filter(({ shape }) => shape === null).map(({ name }) => name.text);
    for (const { name } of args) {
      if (name === null || names.includes(name.text)) continue;
      const meant = nearestName(name.text, names);
      const has = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
      this.#add(
        "E026",
        `${callee.text} has no hyperparameter \`${name.text}\`${meant === null ? "" : `; did you mean \`${meant}\`?`} (${has})`,
        name.span,
        meant,
      );
    }
  }
}

function kindText(spec: ArgumentSpec): string {
  return spec.kind === "choice" ? `one of ${(spec.choices ?? []).join(", ")}` : `a ${spec.kind}`;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
