/** Line and column, both from 1; columns count characters as an editor does (UTF-16 units). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export function positionOf(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}

/** The text of a line, from 1, without its end. */
export function lineText(source: string, line: number): string {
  return (source.split("\n")[line - 1] ?? "").replace(/\r$/u, "");
}
