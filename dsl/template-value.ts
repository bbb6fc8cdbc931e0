/** A value as the layer language writes it, or null for one that can only be referred to. */
export function formatValue(value: unknown): string | null {
  if (typeof value === "number") return Number.isFinite(value) ? (value < 0 ? `(${String(value)})` : String(value)) : null;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (!Array.isArray(value)) return null;
  const items = value.map(formatValue);
  return items.includes(null) ? null : `[${items.join(", ")}]`;
}
