import { Compiler } from "../cells/compiler.js";
import type { CompiledCell, Completeness, Completion, InspectionBundle } from "../cells/messages.js";
import type { CommMessage, FromSession, Script } from "./messages.js";
import type { CellError, CellOutput, CellResult, ExecuteOptions, ExpressionResult, Session, SessionOptions } from "./outputs.js";
import { SessionProcess } from "./session-process.js";

interface RunningCell {
  readonly id: number;
  readonly options: ExecuteOptions;
  readonly finish: (result: CellResult) => void;
}

/** A compiler and a session process, and the cells that go through them one at a time. */
export class NotebookSession implements Session {
  readonly #options: SessionOptions;
  readonly #compiler: Compiler;
  #process: SessionProcess | undefined;
  #processStarted = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #executed = 0;
  /** The notebook's plain values after the last cell. */
  #values: Readonly<Record<string, unknown>> = {};
  #scripts = 0;
  #running: RunningCell | undefined;
  #interrupted = false;
  #busy = false;
  #closed = false;
  #lastOnOutput: ((output: CellOutput) => void) | undefined;
  #cancelQuestion: (() => void) | undefined;

  /** Called with what a comm of the session sends. */
  onComm: (comm: CommMessage) => void = () => {};
  /** Called when the session process has ended by itself; its comms are gone. */
  onCrash: () => void = () => {};

  /** `compiler`: one that has been started for the same directory. */
  constructor(options: SessionOptions, compiler: Compiler = new Compiler(options.directory)) {
    this.#options = options;
    this.#compiler = compiler;
    this.#start();
  }

  execute(code: string, options: ExecuteOptions): Promise<CellResult> {
    const result = this.#queue.then(() => this.#execute(code, options));
    this.#queue = result;
    return result;
  }

  interrupt(): void {
    if (!this.#busy) return;
    this.#interrupted = true;
    this.#cancelQuestion?.();
    this.#process?.send({ type: "interrupt" });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#process?.close();
    await this.#compiler.close();
  }

  complete(source: string, offset: number): Promise<Completion> {
    return this.#compiler.call("complete", { source, offset, values: this.#values });
  }

  inspect(source: string, offset: number): Promise<InspectionBundle | null> {
    return this.#compiler.call("inspect", { source, offset, values: this.#values });
  }

  isComplete(source: string): Promise<Completeness> {
    return this.#compiler.call("isComplete", { source });
  }

  sendComm(comm: CommMessage): void {
    this.#process?.send({ type: "comm", comm });
  }

  get processId(): number | undefined {
    return this.#process?.pid;
  }

  async #execute(code: string, options: ExecuteOptions): Promise<CellResult> {
    if (this.#closed) return crashed("the session was closed");
    this.#busy = true;
    this.#interrupted = false;
    this.#lastOnOutput = options.onOutput;
    try {
      if (this.#process === undefined) this.#start();
      this.#executed += 1;
      const title = `Cell ${options.cellNumber ?? this.#executed}`;
      const compiled = await this.#compile(code, title, false);
      if (this.#interrupted) return failed("interrupted", interruptedError, options);
      if (compiled.kind === "failed") return failed("error", compiled.error, options);
      if (compiled.kind === "show") {
        options.onOutput({ kind: "display", data: compiled.data, metadata: {}, update: false });
        return { status: "ok", expressions: {} };
      }
      if (compiled.notices !== "") options.onOutput({ kind: "stream", name: "stderr", text: compiled.notices + "\n" });
      const failedExpressions: Record<string, ExpressionResult> = {};
      const expressions: { name: string; script: Script }[] = [];
      for (const [name, expression] of Object.entries(options.expressions ?? {})) {
        const script = await this.#compile(expression, `Expression ${name}`, true);
        if (script.kind === "script") expressions.push({ name, script: this.#script(script, `Expression ${name}`) });
        else if (script.kind === "failed") failedExpressions[name] = { status: "error", error: script.error };
      }
      const result = await this.#run(this.#script(compiled, title), expressions, options);
      return { ...result, expressions: { ...result.expressions, ...failedExpressions } };
    } finally {
      this.#busy = false;
      this.#running = undefined;
    }
  }

  async #compile(source: string, title: string, expression: boolean): Promise<CompiledCell> {
    const allowShell = this.#options.allowShell ?? false;
    try {
      this.#scripts += 1;
      return await this.#compiler.call("compile", { source, title, allowShell, expression, id: this.#scripts });
    } catch (error) {
      // A fault of ours or of the compiler's: the cell is lost, the session is not.
      const message = `the compiler failed on this cell: ${error instanceof Error ? error.message : String(error)}`;
      return { kind: "failed", error: { name: "CompilerError", message, traceback: [message] } };
    }
  }

  #script(compiled: Extract<CompiledCell, { kind: "script" }>, title: string): Script {
    const { source, code, mappings, timed, layers, emitted, subjects } = compiled;
    return {
      id: this.#scripts,
      title,
      source,
      code,
      mappings,
      timed,
      ...(layers !== undefined && { layers }),
      ...(emitted !== undefined && { emitted }),
      ...(subjects !== undefined && { subjects }),
    };
  }

  #run(script: Script, expressions: readonly { name: string; script: Script }[], options: ExecuteOptions): Promise<CellResult> {
    return new Promise((finish) => {
      this.#running = { id: script.id, options, finish };
      const request = { type: "run", script, silent: options.silent ?? false, canAsk: options.onInput !== undefined, expressions } as const;
      this.#process?.send(request);
      if (this.#interrupted) this.#process?.send({ type: "interrupt" });
    });
  }

  #start(): void {
    if (this.#closed) return;
    this.#processStarted = Date.now();
    const { directory, environment = {} } = this.#options;
    this.#process = new SessionProcess(
      { directory, environment },
      (message) => this.#receive(message),
      (end) => this.#ended(end.cause),
    );
  }

  #receive(message: FromSession): void {
    switch (message.type) {
      case "output":
        this.#show(message.output);
        return;
      case "done":
        if (message.last !== undefined) this.#show(message.last);
        this.#values = message.values;
        if (this.#running?.id === message.id) this.#running.finish(message.result);
        return;
      case "ask":
        void this.#ask(message.question, message.password);
        return;
      case "comm":
        this.onComm(message.comm);
        return;
      case "ready":
      case "exit":
        return;
    }
  }

  #show(output: CellOutput): void {
    const onOutput = this.#running?.options.onOutput ?? this.#options.onStrayOutput ?? this.#lastOnOutput;
    onOutput?.(output);
  }

  async #ask(question: string, password: boolean): Promise<void> {
    const onInput = this.#running?.options.onInput;
    if (onInput === undefined) return;
    const cancelled = new Promise<undefined>((resolve) => {
      this.#cancelQuestion = () => resolve(undefined);
    });
    const text = await Promise.race([onInput(question, password), cancelled]);
    this.#cancelQuestion = undefined;
    if (text !== undefined) this.#process?.send({ type: "answer", text });
  }

  #ended(cause: string): void {
    this.#process = undefined;
    const running = this.#running;
    this.#running = undefined;
    if (this.#closed) {
      running?.finish(crashed(cause));
      return;
    }
    void this.#compiler.call("reset", {}).catch(() => {});
    this.onCrash();
    const error = crashError(cause);
    if (running === undefined) this.#lastOnOutput?.({ kind: "stream", name: "stderr", text: error.message + "\n" });
    else running.options.onOutput({ kind: "error", error });
    // A session that cannot even start is tried again with the next cell only.
    if (Date.now() - this.#processStarted > 1_000) this.#start();
    running?.finish({ status: "crashed", error, expressions: {} });
  }
}

const interruptedError: CellError = {
  name: "KeyboardInterrupt",
  message: "the cell was interrupted before it ran",
  traceback: ["KeyboardInterrupt: the cell was interrupted before it ran"],
};

function crashError(cause: string): CellError {
  const message = `${cause}. The variables of this notebook are gone; the next cell runs in a fresh session.`;
  return { name: "SessionCrashed", message, traceback: [`SessionCrashed: ${message}`] };
}

function crashed(cause: string): CellResult {
  return { status: "crashed", error: crashError(cause), expressions: {} };
}

function failed(status: "error" | "interrupted", error: CellError, options: ExecuteOptions): CellResult {
  options.onOutput({ kind: "error", error });
  return { status, error, expressions: {} };
}
