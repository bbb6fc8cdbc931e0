import type { FlowType } from "../layers/definition.js";

/** Implemented by what appears in rows: a flow, a layer value, a block with its arguments. */
export interface Described {
  readonly rowText: string;
}

export function isDescribed(value: unknown): value is Described {
  return (typeof value === "object" || typeof value === "function") && value !== null && typeof (value as Described).rowText === "string";
}

/** A value as the layer language writes it: `11x11`, `[1, 2]`, `true`, `skip`. */
export function writeValue(value: unknown, nested = false): string {
  if (typeof value === "string") return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(value) ? value : JSON.stringify(value);
  if (isDescribed(value)) return nested && / [^|]|\|/u.test(value.rowText) ? `(${value.rowText})` : value.rowText;
  if (Array.isArray(value)) {
    // The state of an lstm is two tensors under one name.
    const [first] = value as unknown[];
    if (isDescribed(first) && value.every((one) => isDescribed(one) && one.rowText === first.rowText)) return first.rowText;
    const shape = value.length > 1 && value.every((one) => typeof one === "number" && Number.isInteger(one) && one > 0);
    return shape ? value.join("x") : `[${value.map((one) => writeValue(one)).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const { text, name } = value as { text?: unknown; name?: unknown };
    if (typeof text === "string") return text;
    if (typeof name === "string") return name;
  }
  return typeof value === "function" ? value.name : String(value);
}

/** `conv 96, 11x11, stride=4` */
export function writeCall(name: string, positional: readonly unknown[], named: Readonly<Record<string, unknown>>): string {
  const values = positional.map((value) => writeValue(value, true));
  const options = Object.entries(named).map(([key, value]) => `${key}=${writeValue(value, true)}`);
  const list = [...values, ...options].join(", ");
  return list === "" ? name : `${name} ${list}`;
}

/** A plain object of options, as the last value of a call; not a list, a layer or a flow. */
export function isOptions(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return (
    (prototype === null || (prototype as { constructor?: { name?: string } }).constructor?.name === "Object") &&
    !("text" in value) &&
    !("create" in value)
  );
}

/** Splits the values of a call into those by place and those by name. */
export function splitOptions(values: readonly unknown[]): { positional: readonly unknown[]; named: Readonly<Record<string, unknown>> } {
  const last = values.at(-1);
  return isOptions(last) ? { positional: values.slice(0, -1), named: last } : { positional: values, named: {} };
}

export type { FlowType };
