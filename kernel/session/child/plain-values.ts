/** What is global before any cell has run is none of the notebook's. */
const own = new Set(Object.keys(globalThis));
const longest = 64;

/** The notebook's numbers, texts, truth values and short lists of these, by name: what the editor shows of a hyperparameter. */
export function plainValues(): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(globalThis)) {
    if (own.has(name)) continue;
    const { value } = Object.getOwnPropertyDescriptor(globalThis, name) ?? {};
    if (isPlain(value)) values[name] = value;
  }
  return values;
}

function isPlain(value: unknown): boolean {
  if (typeof value === "number" || typeof value === "boolean") return true;
  if (typeof value === "string") return value.length <= longest;
  return Array.isArray(value) && value.length <= longest && value.every(isPlain);
}
