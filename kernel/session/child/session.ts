/** The session's main thread: runs the user's code. Its helper thread talks to the kernel process. */
import type { MessagePort, Worker } from "node:worker_threads";
import { receiveMessageOnPort } from "node:worker_threads";
import { requestInterrupt, resetInterrupt, watchInterruptible } from "../../../std/train/interrupt.js";
import { setDisplaySink } from "../../../std/view/bundle.js";
import { receiveComm } from "../../notebook/comm.js";
import { setNotebookHost } from "../../notebook/host.js";
import type { CellOutput } from "../outputs.js";
import { CellRunner } from "./cell-runner.js";
import { plainValues } from "./plain-values.js";
import type { ToHelper, ToMain } from "./bridge.js";
import { shared } from "./bridge.js";
import { defineGlobals } from "./globals.js";
import { InterruptError, isInterrupt, tripGuards } from "./guards.js";
import type { ModuleLoader } from "./modules.js";
import { stopShellCommands } from "./runtime.js";
import { captureStreams } from "./streams.js";
import { installStackTraces, toCellError } from "./tracebacks.js";

export interface SessionThreads {
  readonly helper: Worker;
  /** Shared with the helper: see `shared`. */
  readonly words: Int32Array;
  /** Where the answers come while this thread is blocked. */
  readonly answers: MessagePort;
  /** Node's, which only a module has. */
  readonly modules: ModuleLoader;
}

/** Runs what the helper sends from now on. */
export function startSession({ helper, words, answers, modules }: SessionThreads): void {
  const send = (message: ToHelper): void => helper.postMessage(message);
  const show = (output: CellOutput): void => send({ type: "output", output });

  installStackTraces();
  captureStreams((name, text) => show({ kind: "stream", name, text }));
  watchInterruptible((count) => Atomics.store(words, shared.interruptible, count));

  setDisplaySink({
    display(data, options = {}) {
      const { displayId, update = false } = options;
      show({ kind: "display", data, metadata: {}, update, ...(displayId !== undefined && { displayId }) });
    },
    progress: (text) => show({ kind: "progress", text }),
  });

  let answerQuestion: ((text: string | null) => void) | undefined;
  let canAsk = false;

  setNotebookHost({
    input(question, password) {
      requireAsking();
      send({ type: "ask", question, password });
      return new Promise((resolve, reject) => {
        answerQuestion = (text) => (text === null ? reject(new InterruptError()) : resolve(text));
      });
    },
    prompt(question) {
      requireAsking();
      const before = Atomics.load(words, shared.answers);
      Atomics.store(words, shared.asking, 1);
      send({ type: "ask", question, password: false });
      try {
        Atomics.wait(words, shared.answers, before);
      } finally {
        Atomics.store(words, shared.asking, 0);
      }
      const answer = receiveMessageOnPort(answers)?.message as string | null | undefined;
      if (typeof answer !== "string") throw new InterruptError();
      return answer;
    },
    clearOutput: (wait) => show({ kind: "clear", wait }),
    comm: {
      send(kind, { id, target }, data, buffers) {
        const encoded = buffers.map((buffer) => Buffer.from(buffer).toString("base64"));
        send({ type: "comm", comm: { kind, commId: id, target, data, metadata: {}, buffers: encoded } });
      },
    },
  });

  function requireAsking(): void {
    if (!canAsk) throw new Error("nobody can be asked here: this notebook runs without a person in front of it");
  }

  // `process.exit` in a cell ends this process: what was printed before must still arrive.
  const exit = process.exit.bind(process);
  process.exit = (code?: number | string | null) => {
    const status = Number(code ?? process.exitCode ?? 0);
    send({ type: "exit", code: status });
    flush();
    return exit(status);
  };

  function flush(): void {
    const before = Atomics.load(words, shared.flushed);
    send({ type: "flush" });
    Atomics.wait(words, shared.flushed, before, 1_000);
  }

  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);

  /** An error that no cell waits for: of a timer, an event, a promise nobody looks at. */
  function report(thrown: unknown): void {
    if (isInterrupt(thrown)) return;
    const error = toCellError(thrown);
    show({ kind: "stream", name: "stderr", text: `Uncaught, outside the running cell: ${error.traceback.join("\n")}\n` });
  }

  const runtime = defineGlobals(process.cwd(), modules);
  const runner = new CellRunner(runtime, show, (id, result, last) =>
    send({ type: "done", id, result, ...(last !== undefined && { last }), values: plainValues() }),
  );

  helper.on("message", (message: ToMain) => {
    switch (message.type) {
      case "run":
        canAsk = message.canAsk;
        resetInterrupt();
        // Not from inside this handler: the inspector would run the cell's microtasks only after it.
        // And without a chain of promises from cell to cell: terminating a cell may lose promise callbacks that are due.
        setImmediate(() => void runner.run(message));
        return;
      case "interrupt":
        send({ type: "acknowledge", request: message.request });
        interrupt();
        return;
      case "terminated":
        runner.terminated(message.id);
        return;
      case "answer":
        answerQuestion?.(message.text);
        answerQuestion = undefined;
        return;
      case "comm": {
        const { kind, commId, target, data, buffers } = message.comm;
        receiveComm(
          kind,
          { id: commId, target },
          data,
          buffers.map((buffer) => Buffer.from(buffer, "base64")),
        );
        return;
      }
    }
  });

  let lastInterrupt = -Infinity;

  function interrupt(): void {
    const again = performance.now() - lastInterrupt > 1_000 && runner.interrupted;
    if (!runner.interrupted) lastInterrupt = performance.now();
    runner.interrupted = true;
    answerQuestion?.(null);
    answerQuestion = undefined;
    stopShellCommands();
    // Training ends by itself, with what it has learned; asked a second time, the cell is stopped without waiting for that.
    const endsByItself = requestInterrupt();
    if (endsByItself && !again) return;
    tripGuards();
    runner.abandonSoon();
  }

  Atomics.store(words, shared.loaded, 1);
  send({ type: "ready" });
}
