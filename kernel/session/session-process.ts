import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { compiledFile } from "../package-root.js";
import { encodeFrame, frameDecoder } from "./framing.js";
import type { FromSession, ToSession } from "./messages.js";
import type { CellOutput } from "./outputs.js";

export interface ProcessEnd {
  /** What happened, for the person who wrote the cell. */
  readonly cause: string;
}

/** The process that runs user code, seen from outside. */
export class SessionProcess {
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #onMessage: (message: FromSession) => void;
  #exitCode: number | undefined;
  #stderr = "";
  #stderrTimer: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(
    options: { directory: string; environment: Readonly<Record<string, string>> },
    onMessage: (message: FromSession) => void,
    onEnd: (end: ProcessEnd) => void,
  ) {
    this.#onMessage = onMessage;
    const flags = [
      // Terminating the JavaScript of a timer would abort the process otherwise.
      "--no-force-async-hooks-checks",
      // `import.meta.resolve` relative to the notebook.
      "--experimental-import-meta-resolve",
    ];
    this.#child = spawn(process.execPath, [...flags, compiledFile("kernel/session/child/main")], {
      cwd: options.directory,
      env: { ...process.env, ...options.environment },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#channel = this.#child.stdio[3] as Duplex;
    this.#channel.on("error", () => {});
    this.#channel.on(
      "data",
      frameDecoder<FromSession>((message) => {
        if (message.type === "exit") this.#exitCode = message.code;
        else onMessage(message);
      }),
    );
    // What native code, and children of the cell, write past `process.stdout`.
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#show("stdout", chunk.toString("utf8")));
    this.#child.stderr?.on("data", (chunk: Buffer) => this.#collectStderr(chunk.toString("utf8")));
    let ended = false;
    const end = (cause: string): void => {
      if (ended) return;
      ended = true;
      if (!/FATAL ERROR|Last few GCs/.test(this.#stderr)) this.#flushStderr();
      clearTimeout(this.#stderrTimer);
      onEnd({ cause });
    };
    this.#child.on("error", (error) => end(`the session process could not be started: ${error.message}`));
    this.#child.on("close", (code, signal) => end(this.#cause(code, signal)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToSession): void {
    if (this.#channel.writable) this.#channel.write(encodeFrame(message));
  }

  /** Ends the process at once. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    this.#child.kill("SIGKILL");
    await closed;
  }

  #cause(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#closing) return "the session was closed";
    if (this.#exitCode !== undefined) return `the code called process.exit(${this.#exitCode})`;
    if (/heap out of memory|Reached heap limit|Array buffer allocation failed/i.test(this.#stderr)) {
      return "the session ran out of JavaScript memory (give it more with NODE_OPTIONS=--max-old-space-size=8192, in MB)";
    }
    if (signal === "SIGKILL") return "the session process was killed (by `kill -9`, or by the system when its memory was used up)";
    if (signal !== null && ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"].includes(signal)) {
      return `native code crashed the session process (${signal})`;
    }
    if (signal !== null) return `the session process was ended by ${signal}`;
    // Windows has no signals: faults are exit codes such as 0xC0000005.
    if (code !== null && code >= 0xc0000000) return `native code crashed the session process (0x${code.toString(16).toUpperCase()})`;
    return `the session process ended with exit code ${code}`;
  }

  #collectStderr(text: string): void {
    // Node says so at its end because the helper thread's inspector is connected.
    this.#stderr += text.replace(/^Waiting for the debugger to disconnect\.\.\.\r?\n/m, "");
    if (this.#stderr === "") return;
    // A process that runs out of memory writes several pages before it ends: wait for what it turns out to be.
    this.#stderrTimer ??= setTimeout(() => this.#flushStderr(), /Last few GCs/.test(this.#stderr) ? 3_000 : 50);
  }

  #flushStderr(): void {
    clearTimeout(this.#stderrTimer);
    this.#stderrTimer = undefined;
    if (this.#stderr !== "") this.#show("stderr", this.#stderr);
    this.#stderr = "";
  }

  #show(name: "stdout" | "stderr", text: string): void {
    this.#onMessage({ type: "output", output: { kind: "stream", name, text } satisfies CellOutput });
  }
}
