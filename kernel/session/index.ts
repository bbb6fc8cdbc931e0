import { NotebookSession } from "./notebook-session.js";
import type { SessionOptions } from "./outputs.js";

export type { CellError, CellOutput, CellResult, ExecuteOptions, ExpressionResult, Session, SessionOptions } from "./outputs.js";
export { NotebookSession } from "./notebook-session.js";

/** Starts a session: a process that runs cells, and a compiler for them. The same as the notebook kernel's. */
export function createSession(options: SessionOptions): NotebookSession {
  return new NotebookSession(options);
}
