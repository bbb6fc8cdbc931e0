import { diagnostic } from "../../../dsl/diagnostics/diagnostic.js";
import { rememberTypeScript } from "../../../std/view/emitted-typescript.js";
import { forgetShownRuns, isShownHistory } from "../../../std/view/live-training.js";
import { diagnosticsError } from "../../cells/diagnostics-error.js";
import type { Subject } from "../../cells/messages.js";
import { DisplayHandle } from "../../notebook/display.js";
import { render } from "../../notebook/render.js";
import type { CellError, CellOutput, CellResult, ExpressionResult } from "../outputs.js";
import type { Script, ToSession } from "../messages.js";
import { runtimeName } from "../../cells/runtime-name.js";
import { Evaluator } from "./evaluator.js";
import type { SessionGlobals } from "./globals.js";
import { InterruptError, isInterrupt, parkGuards, resetGuards } from "./guards.js";
import { startClock } from "./runtime.js";
import { toCellError } from "./tracebacks.js";

type RunRequest = Extract<ToSession, { type: "run" }>;

/** `last`: an output that is still to be shown. */
type Done = (id: number, result: CellResult, last: CellOutput | undefined) => void;

/** Runs one cell after the other and says how each ended. */
export class CellRunner {
  /** Whether the running cell has been asked to stop. */
  interrupted = false;

  readonly #evaluator = new Evaluator();
  readonly #globals: SessionGlobals;
  readonly #show: (output: CellOutput) => void;
  readonly #done: Done;
  #stop: ((error: InterruptError) => void) | undefined;
  /** The cells that should have defined networks and failed, by the networks' names. */
  readonly #failedCells = new Map<string, string>();
  /** The id of the running cell. */
  #current: number | undefined;
  /** The id of the last cell that began, or that was given up before it did; ids grow. */
  #latest = -1;

  constructor(globals: SessionGlobals, show: (output: CellOutput) => void, done: Done) {
    this.#globals = globals;
    this.#show = show;
    this.#done = done;
    globals.onCatch = this.#evaluator.catch;
  }

  async run(request: RunRequest): Promise<void> {
    if (request.script.id <= this.#latest) return;
    this.#latest = request.script.id;
    this.interrupted = false;
    this.#current = request.script.id;
    resetGuards();
    // Terminated JavaScript leaves promises pending for ever: the stop settles the cell then.
    const stopped = new Promise<never>((_, reject) => {
      this.#stop = reject;
    });
    const expressions: Record<string, ExpressionResult> = {};
    let result: CellResult;
    let last: CellOutput | undefined;
    try {
      const { emitted } = request.script;
      if (emitted !== undefined) rememberTypeScript(emitted.networks, emitted.typescript);
      const missing = request.script.subjects?.find(({ name }) => isMissing(name));
      if (missing !== undefined) {
        this.#stop = undefined;
        this.#finish(request.script.id, { status: "error", error: this.#missingNetwork(request.script, missing), expressions });
        return;
      }
      last = await Promise.race([this.#evaluate(request.script, request.silent), stopped]);
      if (last !== undefined && request.expressions.length > 0) {
        this.#show(last);
        last = undefined;
      }
      for (const { name, script } of request.expressions) {
        expressions[name] = await Promise.race([this.#expression(script), stopped]);
      }
      result = this.interrupted ? this.#failed(new InterruptError(), expressions) : { status: "ok", expressions };
    } catch (thrown) {
      result = this.#failed(thrown, expressions);
    }
    this.#stop = undefined;
    for (const name of request.script.emitted?.networks ?? []) {
      if (isMissing(name)) this.#failedCells.set(name, request.script.title);
      else this.#failedCells.delete(name);
    }
    if (this.interrupted) {
      this.#park();
      // What waits for its interrupt now gets it, and stops at its next `await`, before the next cell starts.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    this.#finish(request.script.id, result, last);
  }

  /** Says how a cell ended, once. */
  #finish(id: number, result: CellResult, shown?: CellOutput): void {
    if (this.#current !== id) return;
    this.#current = undefined;
    if (result.status === "ok") {
      this.#done(id, result, shown);
      return;
    }
    if (shown !== undefined) this.#show(shown);
    this.#done(id, result, { kind: "error", error: result.error });
  }

  /** Terminating JavaScript may have hit our own at the end of a cell: then nothing else will say that the cell is over. */
  #finishBy(milliseconds: number): void {
    const id = this.#current;
    if (id === undefined) return;
    setTimeout(() => {
      if (this.#current !== id) return;
      this.#park();
      this.#finish(id, this.#failed(new InterruptError(), {}));
    }, milliseconds);
  }

  /** What is left of the cell never goes on. */
  #park(): void {
    this.#evaluator.abandon();
    parkGuards();
  }

  /** The cell's JavaScript was terminated by force; or ours, just when it was about to begin the cell. */
  terminated(id: number): void {
    this.#evaluator.abandon();
    if (id > this.#latest) {
      this.#latest = id;
      this.#current = id;
    }
    this.interrupted = true;
    this.#stop?.(new InterruptError());
    this.#finishBy(100);
  }

  /** Ends the cell even when it waits for something that no guard can reach, such as a promise inside a library. */
  abandonSoon(): void {
    const stop = this.#stop;
    setTimeout(() => stop?.(new InterruptError()), 150);
    this.#finishBy(500);
  }

  /** Gives what is to be shown of the cell's value. */
  async #evaluate(script: Script, silent: boolean): Promise<CellOutput | undefined> {
    const stopClock = script.timed ? startClock() : undefined;
    this.#globals.lastValue = undefined;
    forgetShownRuns();
    await this.#evaluator.run(script, runtimeName);
    const value = this.#globals.lastValue;
    this.#globals.lastValue = undefined;
    this.#globals.stopClocks();
    stopClock?.();
    if (silent || value === undefined || value instanceof DisplayHandle || isShownHistory(value) || this.interrupted) return undefined;
    return { kind: "result", data: await render(value), metadata: {} };
  }

  async #expression(script: Script): Promise<ExpressionResult> {
    try {
      this.#globals.lastValue = undefined;
      await this.#evaluator.run(script, runtimeName);
      return { status: "ok", data: await render(this.#globals.lastValue), metadata: {} };
    } catch (thrown) {
      return { status: "error", error: toCellError(thrown) };
    } finally {
      this.#globals.lastValue = undefined;
    }
  }

  #missingNetwork({ source, title }: Script, { name, span }: Subject): CellError {
    const cell = this.#failedCells.get(name);
    const why = cell === undefined ? "" : `: ${cell}, which defines it, failed`;
    return diagnosticsError(source, [diagnostic("E061", `there is no network \`${name}\`${why}`, span)], title);
  }

  #failed(thrown: unknown, expressions: Readonly<Record<string, ExpressionResult>>): CellResult {
    this.#globals.stopClocks();
    const interrupted = isInterrupt(thrown) || this.interrupted;
    const error: CellError = toCellError(interrupted && !isInterrupt(thrown) ? new InterruptError() : thrown);
    return { status: interrupted ? "interrupted" : "error", error, expressions };
  }
}

/** Whether a name that a cell has declared never got its value. */
function isMissing(name: string): boolean {
  return (globalThis as Record<string, unknown>)[name] === undefined;
}
