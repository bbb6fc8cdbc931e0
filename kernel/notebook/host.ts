/** What the functions a cell may call need of the place they run in. */
export interface NotebookHost {
  input(question: string, password: boolean): Promise<string>;
  /** As `input`, but blocks. */
  prompt(question: string): string;
  clearOutput(wait: boolean): void;
  comm: CommTransport;
}

export interface CommTransport {
  send(kind: "open" | "message" | "close", comm: { id: string; target: string }, data: unknown, buffers: readonly Uint8Array[]): void;
}

let host: NotebookHost | undefined;

/** The session puts itself here before the first cell runs. */
export function setNotebookHost(next: NotebookHost): void {
  host = next;
}

/** undefined in a plain script. */
export function notebookHost(): NotebookHost | undefined {
  return host;
}
