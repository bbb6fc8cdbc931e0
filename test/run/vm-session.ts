import { inspect } from "node:util";
import { createContext, runInContext } from "node:vm";
import type { CellResult, ExecuteOptions, Session } from "../../kernel/session/index.js";

/**
 * Cells of plain JavaScript in a `vm` context: the runner's tests need cells that print, show, fail and hang, and no
 * compiler. The real session has tests of its own, and the e2e tests run a notebook through it.
 */
export class VmSession implements Session {
  readonly executed: string[] = [];
  closed = false;
  #stop: (() => void) | null = null;

  execute(code: string, { onOutput }: ExecuteOptions): Promise<CellResult> {
    if (code !== "") this.executed.push(code);
    const fail = (status: "error" | "interrupted", name: string, message: string): CellResult => {
      const error = { name, message, traceback: [`${name}: ${message}`] };
      onOutput({ kind: "error", error });
      return { status, error, expressions: {} };
    };
    return new Promise((settle) => {
      const resolve = (result: CellResult): void => {
        this.#stop = null;
        settle(result);
      };
      this.#stop = () => resolve(fail("interrupted", "KeyboardInterrupt", "interrupted"));
      const scope = {
        print: (text: string) => onOutput({ kind: "stream", name: "stdout", text: `${text}\n` }),
        warn: (text: string) => onOutput({ kind: "stream", name: "stderr", text: `${text}\n` }),
        display: (text: string, displayId?: string, update = false) =>
          onOutput({
            kind: "display",
            data: { "text/plain": text },
            metadata: {},
            ...(displayId === undefined ? {} : { displayId }),
            update,
          }),
        clear: (wait: boolean) => onOutput({ kind: "clear", wait }),
        progress: (text: string) => onOutput({ kind: "progress", text }),
        forever: () => new Promise(() => {}),
      };
      void (async () => {
        try {
          const value: unknown = await runInContext(code, createContext(scope));
          if (value !== undefined) onOutput({ kind: "result", data: { "text/plain": inspect(value) }, metadata: {} });
          resolve({ status: "ok", expressions: {} });
        } catch (error) {
          // Errors of another context are not `instanceof` ours.
          const { name, message } = error as Error;
          resolve(fail("error", name, message));
        }
      })();
    });
  }

  interrupt(): void {
    this.#stop?.();
  }

  close(): Promise<void> {
    this.closed = true;
    this.#stop?.();
    return Promise.resolve();
  }
}
