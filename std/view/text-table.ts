/** One column of a table for a terminal. */
export interface TextColumn {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Longer cells are cut with an ellipsis. */
  readonly maximum?: number;
}

/**
 * An aligned table: titles, a rule, rows. A row of a single cell spans the whole width (a heading inside the table); null
 * is a rule.
 */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[] | null)[]): string {
  const cells = rows.map((row) =>
    row === null || row.length === 1 ? row : columns.map((column, index) => clip(row[index] ?? "", column.maximum)),
  );
  const widths = columns.map((column, index) =>
    Math.max(textWidth(column.title), ...cells.map((row) => (row === null || row.length === 1 ? 0 : textWidth(row[index] ?? "")))),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map((column, index) => pad(row[index] ?? "", widths[index] as number, column.align ?? "left"))
      .join("  ")
      .trimEnd();
  const rule = "─".repeat(widths.reduce((sum, width) => sum + width, 0) + 2 * (columns.length - 1));
  const titled = columns.some((column) => column.title !== "");
  return [
    ...(titled ? [line(columns.map((column) => column.title)), rule] : []),
    ...cells.map((row) => (row === null ? rule : row.length === 1 ? (row[0] as string) : line(row))),
  ].join("\n");
}

/** Columns a terminal gives a text: East Asian wide characters and emoji take two, combining marks none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (/\p{Mark}/u.test(character) || code === 0x200d) continue;
    width +=
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      code >= 0x1f300
        ? 2
        : 1;
  }
  return width;
}

/** Shortens to `maximum` characters, the last an ellipsis. */
export function clip(text: string, maximum = Infinity): string {
  const characters = Array.from(text);
  return characters.length <= maximum ? text : characters.slice(0, Math.max(0, maximum - 1)).join("") + "…";
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "left" ? text + space : space + text;
}
