import { createInterface } from "node:readline/promises";
import { LamellaError } from "../../std/errors.js";
import { notebookHost } from "./host.js";

/** Asks the person in front of the notebook for a line of text. `password: true` hides what is typed. */
export async function input(question = "", options: { readonly password?: boolean } = {}): Promise<string> {
  const host = notebookHost();
  if (host !== undefined) return host.input(question, options.password ?? false);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

/** As `input`, without `await`: everything else in the session waits meanwhile. Only in a notebook. */
export function prompt(question = ""): string {
  const host = notebookHost();
  if (host === undefined) throw new LamellaError("prompt() works in a notebook only; in a script, use `await input()`");
  return host.prompt(question);
}
