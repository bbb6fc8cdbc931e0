// Methods are named here without being called: the stack above them is left out (`callSite`).
/* oxlint-disable typescript/unbound-method */
import type { Dim, FlowType } from "../layers/definition.js";
import { compareShapes, formatFlowShape } from "../layers/dimensions.js";
import { explainClaim } from "../layers/explain.js";
import type { DType } from "../tensor/shape.js";
import type { Applicable } from "./applicable.js";
import { toApplicable } from "./applicable.js";
import { currentBuilder, type Builder, type DraftRow } from "./builder.js";
import { dimensionValue } from "./declaration.js";
import type { FormulaOperator } from "./formula.js";
import type { Value } from "./program.js";
import { callSite, type Site } from "./site.js";

const precedence: Readonly<Record<FormulaOperator, number>> = { "+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "^": 4, negate: 3 };

/**
 * What flows through a network while it is built: a shape and a type, no numbers yet. Every method gives a new flow.
 * After a mistake the flow is broken: what follows is not checked against it, so that one mistake is reported once.
 */
export class Flow {
  readonly value: Value | null;
  /** As a formula writes it: its name, or the expression that makes it. */
  readonly rowText: string;
  readonly #rank: number;
  readonly #row: DraftRow | null;

  constructor(value: Value | null, rowText = "", rank = 9, row: DraftRow | null = null) {
    this.value = value;
    this.rowText = rowText;
    this.#rank = rank;
    this.#row = row;
  }

  get broken(): boolean {
    return this.value === null;
  }

  get shape(): readonly Dim[] {
    return this.value?.shape ?? [];
  }

  get dtype(): DType {
    return this.value?.dtype ?? "f32";
  }

  /** The last dimension: channels of an image, features of a sequence. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  get c(): any {
    const last = this.shape.at(-1);
    return last === undefined ? Number.NaN : dimensionValue(last);
  }

  /** A row of the table: applies the layers one after the other. With a label first, the result is a tap. */
  row(...items: readonly unknown[]): Flow {
    return applyRow(this, items, callSite(this.row));
  }

  /** Applies layers inside an expression; not a row of its own. */
  to(...items: readonly unknown[]): Flow {
    const site = callSite(this.to);
    let flow: Flow = new Flow(this.value, this.rowText);
    const texts = [this.rowText];
    for (const [index, item] of items.entries()) {
      const applicable = toApplicable(item);
      if (applicable === null) return notApplicable(item, index, site);
      flow = applicable.applyTo(flow, { site, part: { kind: "item", index } });
      texts.push(applicable.rowText);
    }
    return new Flow(flow.value, texts.join(" | "), 0);
  }

  /**
   * Applies `body` again and again: a number of times, or once for each item of a list, with fresh weights each time.
   * With a label first, `label[0]`, `label[1]` … are taps.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  repeat(...values: [label: string, over: any, body: RepeatBody] | [over: any, body: RepeatBody]): Flow {
    const site = callSite(this.repeat);
    const label = values.length === 3 ? values[0] : null;
    const body = values.at(-1) as RepeatBody;
    return repeatFlow(this, label, values.at(-2), body, site);
  }

  /** Checks what the row gives: `claim([55, 55, 96], { params: 34944 })`; `claim("?")` asks for both in the summary. */
  claim(shape: readonly (Dim | string)[] | "?" | null, options: { readonly params?: number | "?"; readonly int?: boolean } = {}): Flow {
    checkClaim(this, this.#row, shape, options, callSite(this.claim));
    return this;
  }

  /** Another value the last layer gives, by its name: the state of a recurrent layer, the weights of an attention. */
  extra(name: string): Flow | Flow[] {
    return extraOf(this, name, callSite(this.extra));
  }

  plus(other: Flow | number): Flow {
    return formula("+", [this, other], callSite(this.plus));
  }

  minus(other: Flow | number): Flow {
    return formula("-", [this, other], callSite(this.minus));
  }

  times(other: Flow | number): Flow {
    return formula("*", [this, other], callSite(this.times));
  }

  over(other: Flow | number): Flow {
    return formula("/", [this, other], callSite(this.over));
  }

  power(exponent: Flow | number): Flow {
    return formula("^", [this, exponent], callSite(this.power));
  }

  negative(): Flow {
    return formula("negate", [this], callSite(this.negative));
  }

  /** The matrix product of the last two axes. */
  matmul(other: Flow): Flow {
    return formula("@", [this, other], callSite(this.matmul));
  }

  /** As an operand of an operator that binds more strongly, in parentheses. */
  operandText(than: number): string {
    return this.#rank < than ? `(${this.rowText})` : this.rowText;
  }
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type RepeatBody = (flow: Flow, item: any, index: number) => Flow;

export const brokenFlow: Flow = new Flow(null);

/** A number on the left of a formula: `1 - x` is `formula("-", [1, x])`. */
export function formula(operator: FormulaOperator, operands: readonly (Flow | number)[], site: Site | null): Flow {
  const builder = currentBuilder("a formula");
  if (operands.some((operand) => operand instanceof Flow && operand.broken)) return brokenFlow;
  const bad = operands.find((operand) => !(operand instanceof Flow) && typeof operand !== "number");
  if (bad !== undefined || operands.includes(Number.NaN)) {
    const text = bad === undefined ? "not a number" : describe(bad);
    builder.report({ code: "E051", message: `a formula takes tensors and numbers, but one operand is ${text}`, place: { site } });
    return brokenFlow;
  }
  const rank = precedence[operator];
  const [left, right] = operands.map((operand, index) =>
    operand instanceof Flow ? operand.operandText(rank + (index === 0 ? 0 : 1)) : String(operand),
  );
  const text = operator === "negate" ? `-${left ?? ""}` : `${left ?? ""} ${operator} ${right ?? ""}`;
  const value = builder.formula(
    operator,
    operands.map((operand) => (operand instanceof Flow ? (operand.value as Value) : operand)),
    { site },
  );
  return new Flow(value, text, rank);
}

/** A number or a flow on either side: what `minus(1, x)` and the like come to. */
export const operators: Readonly<
  Record<"plus" | "minus" | "times" | "over" | "power", (left: Flow | number, right: Flow | number) => Flow>
> = {
  plus: function plus(left, right) {
    return formula("+", [left, right], callSite(plus));
  },
  minus: function minus(left, right) {
    return formula("-", [left, right], callSite(minus));
  },
  times: function times(left, right) {
    return formula("*", [left, right], callSite(times));
  },
  over: function over(left, right) {
    return formula("/", [left, right], callSite(over));
  },
  power: function power(left, right) {
    return formula("^", [left, right], callSite(power));
  },
};

function describe(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "string") return `the text ${JSON.stringify(value)}`;
  if (Array.isArray(value)) return "a list";
  if (value instanceof Flow) return "a tensor";
  return typeof value === "function" ? `the function ${value.name}` : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function notApplicable(item: unknown, index: number, site: Site | null): Flow {
  const builder = currentBuilder("row");
  builder.report({
    code: "E051",
    message: `this is not a layer but ${describe(item)}`,
    hint: "a row is made of layers, blocks and networks",
    place: { site, part: { kind: "item", index } },
  });
  return brokenFlow;
}

function applyRow(from: Flow, values: readonly unknown[], site: Site | null): Flow {
  const builder = currentBuilder("row");
  const label = typeof values[0] === "string" ? values[0] : null;
  const items = label === null ? values : values.slice(1);
  const applicables: (Applicable | null)[] = items.map(toApplicable);
  const texts = applicables.map((applicable) => applicable?.rowText ?? "?");
  const named = from.rowText !== "" && (items.length === 0 || from.value === null || from.value.id !== builder.lastOutput?.id);
  const row = builder.openRow(label ?? "", (named ? [from.rowText, ...texts] : texts).join(" | "), site, from.value);
  const flow = builder.labelled(label, () => {
    let flow = from;
    for (const [index, applicable] of applicables.entries()) {
      if (applicable === null) return notApplicable(items[index], index, site);
      flow = applicable.applyTo(flow, { site, part: { kind: "item", index } });
    }
    return flow;
  });
  return finishRow(builder, row, flow, label, site);
}

function finishRow(builder: Builder, row: DraftRow, flow: Flow, label: string | null, site: Site | null): Flow {
  builder.closeRow(row, flow.value);
  let { value } = flow;
  if (value !== null && site !== null) builder.origins.set(value.id, site);
  if (value !== null && label !== null) {
    builder.tap(label, value);
    value = renamed(value, label);
    builder.lastOutput = value;
    if (site !== null) builder.origins.set(value.id, site);
  }
  return new Flow(value, label ?? "", 9, row);
}

/** The same value under a name of its own, for messages: it keeps its identity in the program through its step. */
function renamed(value: Value, name: string): Value {
  return Object.create(value, { name: { value: name, enumerable: true } }) as Value;
}

function repeatFlow(from: Flow, label: string | null, over: unknown, body: RepeatBody, site: Site | null): Flow {
  const builder = currentBuilder("repeat");
  const items = repetitions(over);
  if (items === null) {
    const known = (over as { broken?: boolean } | null | undefined)?.broken === true || Number.isNaN(over);
    if (!known && (!from.broken || (builder.failures.length === 0 && !builder.damaged))) {
      builder.report({
        code: "E038",
        message: `repeat takes a whole number or a list, but ${describeCount(over)} arrived`,
        place: { site, part: { kind: "argument", name: "over" } },
      });
    }
    return brokenFlow;
  }
  const row = builder.openRow(label ?? "", `repeat ${items.length}`, site, from.value);
  let flow = from;
  for (const [index, item] of items.entries()) {
    const link = { kind: "repeat", name: label ?? "", index, values: "", site } as const;
    const once = (): Flow => builder.nested(link, () => body(flow, item, index));
    flow = builder.labelled(label, once, `[${index}]`);
    if (label !== null && flow.value !== null) builder.tap(`${label}[${index}]`, flow.value);
  }
  return finishRow(builder, row, flow, label, site);
}

function repetitions(over: unknown): readonly unknown[] | null {
  if (Array.isArray(over)) return over;
  if (typeof over !== "number" || !Number.isInteger(over) || over < 0 || over > 10_000) return null;
  return Array.from({ length: over }, (_, index) => index);
}

function describeCount(value: unknown): string {
  return typeof value === "number" ? String(value) : describe(value);
}

function checkClaim(
  flow: Flow,
  row: DraftRow | null,
  shape: readonly (Dim | string)[] | "?" | null,
  options: { readonly params?: number | "?"; readonly int?: boolean },
  site: Site | null,
): void {
  const builder = currentBuilder("claim");
  if (flow.value === null || row === null) return;
  const { value } = flow;
  if (shape === "?" || options.params === "?") row.claims.push({ text: "?", holds: null });
  if (shape !== null && shape !== "?") {
    const claimed = shape.map((dim) => (typeof dim === "string" ? { text: dim } : dim));
    // A name in a claim may turn out to be a layer or a list.
    if (!claimed.every((dim) => typeof dim === "number" || typeof (dim as { text?: unknown } | null)?.text === "string")) {
      const message = "a claim is made of numbers and dimensions, and one of these is neither";
      builder.report({ code: "E040", message, place: { site, part: { kind: "claim", part: "shape" } } });
      return;
    }
    const holds = compareShapes(value.shape, claimed) === "equal" && (options.int !== true || value.dtype === "i32");
    const text = formatFlowShape(claimed);
    row.claims.push({ text, holds });
    // What comes of a shape that was wrong before is no mistake of its own.
    if (!holds && !builder.follows(value, builder.misclaimed)) {
      builder.misclaimed.add(value.id);
      const integer = options.int === true && value.dtype !== "i32" ? " int" : "";
      builder.report({
        code: "E040",
        message: `this row gives ${formatFlowShape(value.shape)}, not ${text}${integer}`,
        hint: shapeHint(row, claimed),
        place: { site, part: { kind: "claim", part: "shape" } },
      });
    }
  }
  if (typeof options.params === "number") {
    const holds = row.parameters === options.params;
    row.claims.push({ text: `${options.params} params`, holds });
    if (!holds) {
      builder.report({
        code: "E041",
        message: `this row has ${row.parameters} parameters, not ${options.params}`,
        hint: parameterHint(row, builder),
        place: { site, part: { kind: "claim", part: "params" } },
      });
    }
  }
}

/** The formula of the layer on the row that decided the shape, with its numbers, and what would give the claimed one. */
function shapeHint(row: DraftRow, claimed: readonly Dim[]): string {
  for (const use of [...row.layers].reverse()) {
    const text = explainClaim(use.definition, use.input, use.args, claimed);
    if (text !== "") return text;
  }
  return "";
}

function parameterHint(row: DraftRow, builder: Builder): string {
  const parts = row.layers.flatMap((use) =>
    use.specs.filter((spec) => spec.trainable !== false).map((spec) => `${spec.name} ${spec.shape.join("x")}`),
  );
  const values = builder.chain.at(0)?.values ?? "";
  return [parts.join(", "), values === "" ? "" : `with ${values}`].filter((part) => part !== "").join("; ");
}

function extraOf(flow: Flow, name: string, site: Site | null): Flow | Flow[] {
  const builder = currentBuilder("extra");
  if (flow.value === null) return brokenFlow;
  const extras = builder.stepOf(flow.value)?.extras ?? {};
  const found = extras[name];
  if (found === undefined) {
    const names = Object.keys(extras);
    builder.report({
      code: "E042",
      message: `${flow.rowText === "" ? "this tensor" : `\`${flow.rowText}\``} has no \`${name}\``,
      hint: names.length === 0 ? "it has c, its last dimension" : `it has c, ${names.join(", ")}`,
      place: { site, part: { kind: "call" } },
    });
    return brokenFlow;
  }
  const text = `${flow.rowText}.${name}`;
  return Array.isArray(found) ? (found as Value[]).map((value) => new Flow(value, text)) : new Flow(found as Value, text);
}

export type { FlowType };
