/**
 * For each line whether it begins inside a template string or a block comment: it is then text, whatever it looks like. Lines for
 * which `skip` holds where they are code are no TypeScript; their quotes open nothing.
 */
export function literalLines(lines: readonly string[], skip: (line: string) => boolean): boolean[] {
  /** What is open, from the outside in: a template, an expression in one, a bracket in that, a comment. */
  const open: ("template" | "expression" | "brace" | "comment")[] = [];
  return lines.map((line) => {
    const inside = open.length > 0;
    if (inside || !skip(line)) read(line, open);
    return inside;
  });
}

function read(line: string, open: ("template" | "expression" | "brace" | "comment")[]): void {
  /** Whether a slash here begins a regular expression: where a value may begin. */
  let valueMayBegin = true;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? "";
    const pair = line.slice(at, at + 2);
    const inside = open.at(-1);
    if (inside === "comment") {
      if (pair === "*/") {
        open.pop();
        at += 1;
      }
    } else if (inside === "template") {
      if (char === "\\") at += 1;
      else if (char === "`") open.pop();
      else if (pair === "${") {
        open.push("expression");
        at += 1;
      }
    } else if (pair === "//") return;
    else if (pair === "/*") {
      open.push("comment");
      at += 1;
    } else if (char === "`") open.push("template");
    else if (char === '"' || char === "'") at += text(line, at).length - 1;
    else if (char === "/" && valueMayBegin) at += regularExpression(line, at).length - 1;
    else if (char === "{" && inside !== undefined) open.push("brace");
    else if (char === "}" && inside !== undefined) open.pop();
    if (/\S/.test(char))
      valueMayBegin = /[([{,;=:?!&|+\-*%~^<>]/.test(char) || /\b(?:return|typeof|case|in|of|await)$/.test(line.slice(0, at + 1));
  }
}

function text(line: string, start: number): string {
  return /^(["'])(?:\\.|(?!\1).)*\1?/.exec(line.slice(start))?.[0] ?? "";
}

function regularExpression(line: string, start: number): string {
  return /^\/(?:\\.|\[(?:\\.|[^\]])*\]?|[^/\\[])+\/?/.exec(line.slice(start))?.[0] ?? "/";
}
