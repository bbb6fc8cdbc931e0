/** As much of a line as stands beside a message without being wrapped: a wrapped line leaves its carets. */
const width = 96;

/**
 * A line of code and the line of carets under `length` characters from `column` on (from 1), as far as the line goes. Of a long line,
 * the part around the carets; "…" stands for what is left out.
 */
export function excerpt(line: string, column: number, length = 1): [code: string, carets: string] {
  const text = line.replaceAll("\t", " ").trimEnd();
  const at = column - 1;
  const before = Math.floor((width - Math.min(length, width)) / 2);
  const start = text.length <= width ? 0 : Math.max(0, Math.min(at - before, text.length - width));
  const end = text.length <= width ? text.length : start + width;
  const code = (start > 0 ? "…" : "") + text.slice(start > 0 ? start + 1 : 0, end < text.length ? end - 1 : end);
  const carets = " ".repeat(Math.max(0, at - start)) + "^".repeat(Math.max(1, Math.min(length, end - at)));
  return [end < text.length ? code + "…" : code, carets];
}
