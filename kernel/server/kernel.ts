import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Compiler } from "../cells/compiler.js";
import { packageRoot } from "../package-root.js";
import type { Connection } from "../protocol/connection.js";
import type { Header, Message } from "../protocol/message.js";
import { newHeader, protocolVersion } from "../protocol/message.js";
import type { Channel } from "../protocol/sockets.js";
import { KernelSockets } from "../protocol/sockets.js";
import { NotebookSession } from "../session/index.js";
import type { CellOutput, CellResult, ExpressionResult } from "../session/index.js";
import type { CommMessage } from "../session/messages.js";
import { History } from "./history.js";
import { toCodePoints, toUtf16 } from "./offsets.js";

type Content = Readonly<Record<string, unknown>>;

interface Execution {
  readonly request: Message;
  aborted: boolean;
}

export interface KernelOptions {
  readonly directory: string;
  readonly allowShell: boolean;
  readonly compiler: Compiler;
}

/** A Jupyter kernel: answers messages, runs cells one at a time in its session. */
export class Kernel {
  readonly #id = randomUUID();
  readonly #connection: Connection;
  readonly #sockets: KernelSockets;
  readonly #options: KernelOptions;
  readonly #history = new History();
  readonly #comms = new Map<string, string>();
  readonly #queue: Execution[] = [];
  readonly #stopped: Promise<void>;
  #stop: () => void = () => {};
  #session: NotebookSession | undefined;
  #executionCount = 0;
  #running: Execution | undefined;
  /** Output that comes between cells belongs to the cell before. */
  #lastExecution: Header | Record<string, never> = {};
  #answer: ((text: string) => void) | undefined;

  constructor(connection: Connection, options: KernelOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#sockets = new KernelSockets(connection, this.#id);
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** Serves until a shutdown request. */
  async serve(): Promise<void> {
    await this.#sockets.open(this.#connection, (channel, message) => void this.#receive(channel, message));
    this.#publish("status", { execution_state: "starting" }, {});
    // The front end's first question is answered before the session takes the processor.
    setTimeout(() => this.#open(), 20);
    await this.#stopped;
    await this.#session?.close();
    await this.#options.compiler.close();
    await this.#sockets.close();
  }

  interrupt(): void {
    // What was queued behind the interrupted cell is not run either.
    this.#session?.interrupt();
  }

  stop(): void {
    this.#stop();
  }

  #open(): NotebookSession {
    if (this.#session !== undefined) return this.#session;
    const session = new NotebookSession(this.#options, this.#options.compiler);
    session.onComm = (comm) => this.#publishComm(comm);
    session.onCrash = () => this.#comms.clear();
    this.#session = session;
    return session;
  }

  async #receive(channel: Channel, message: Message): Promise<void> {
    if (channel === "stdin") {
      if (message.header.msg_type === "input_reply") this.#answer?.(text(message.content, "value"));
      return;
    }
    if (message.header.msg_type === "execute_request") {
      this.#queue.push({ request: message, aborted: false });
      void this.#runQueue();
      return;
    }
    this.#publish("status", { execution_state: "busy" }, message.header);
    try {
      await this.#answerRequest(channel, message);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const type = message.header.msg_type.replace(/_request$/, "_reply");
      if (type.endsWith("_reply"))
        this.#reply(channel, message, type, { status: "error", ename: "KernelError", evalue: reason, traceback: [reason] });
      console.error(`lamella kernel: ${message.header.msg_type} failed: ${error instanceof Error ? error.stack : reason}`);
    }
    this.#publish("status", { execution_state: "idle" }, message.header);
    // Front ends show the last state they have heard of: a cell still runs.
    if (this.#running !== undefined) this.#publish("status", { execution_state: "busy" }, this.#running.request.header);
    if (message.header.msg_type === "shutdown_request") this.#stop();
  }

  async #answerRequest(channel: Channel, message: Message): Promise<void> {
    const { content } = message;
    switch (message.header.msg_type) {
      case "kernel_info_request":
        this.#reply(channel, message, "kernel_info_reply", kernelInfo());
        return;
      case "complete_request":
        this.#reply(channel, message, "complete_reply", await this.#complete(content));
        return;
      case "inspect_request":
        this.#reply(channel, message, "inspect_reply", await this.#inspect(content));
        return;
      case "is_complete_request":
        this.#reply(channel, message, "is_complete_reply", { ...(await this.#open().isComplete(text(content, "code"))) });
        return;
      case "history_request":
        this.#reply(channel, message, "history_reply", { status: "ok", history: this.#historyEntries(content) });
        return;
      case "connect_request": {
        const { shell_port, iopub_port, stdin_port, hb_port, control_port } = this.#connection;
        this.#reply(channel, message, "connect_reply", { status: "ok", shell_port, iopub_port, stdin_port, hb_port, control_port });
        return;
      }
      case "comm_info_request": {
        const wanted = content["target_name"];
        const comms = [...this.#comms].filter(([, target]) => typeof wanted !== "string" || wanted === target);
        const listed = Object.fromEntries(comms.map(([id, target]) => [id, { target_name: target }]));
        this.#reply(channel, message, "comm_info_reply", { status: "ok", comms: listed });
        return;
      }
      case "comm_open":
      case "comm_msg":
      case "comm_close":
        this.#receiveComm(message);
        return;
      case "interrupt_request":
        this.interrupt();
        this.#reply(channel, message, "interrupt_reply", { status: "ok" });
        return;
      case "shutdown_request":
        this.#reply(channel, message, "shutdown_reply", { status: "ok", restart: content["restart"] === true });
        return;
      case "debug_request":
        this.#reply(channel, message, "debug_reply", {
          seq: 0,
          type: "response",
          request_seq: content["seq"] ?? 0,
          command: content["command"] ?? "",
          success: false,
          message: "Lamella has no debugger in the notebook; use `node --inspect` with a script",
        });
        return;
      default:
        console.error(`lamella kernel: a message of the unknown type ${message.header.msg_type} was ignored`);
    }
  }

  async #runQueue(): Promise<void> {
    if (this.#running !== undefined) return;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#running = next;
      const { header } = next.request;
      this.#publish("status", { execution_state: "busy" }, header);
      try {
        // No count: it is the last cell's, and Notebook would show it as the number of a cell that never ran.
        if (next.aborted) this.#reply("shell", next.request, "execute_reply", { status: "aborted" });
        else await this.#execute(next.request);
      } catch (error) {
        console.error(`lamella kernel: ${error instanceof Error ? error.stack : String(error)}`);
      }
      this.#publish("status", { execution_state: "idle" }, header);
    }
    this.#running = undefined;
  }

  async #execute(request: Message): Promise<void> {
    const { header, content } = request;
    const code = text(content, "code");
    const silent = content["silent"] === true;
    const store = !silent && content["store_history"] !== false;
    this.#lastExecution = header;
    if (store) this.#executionCount += 1;
    const count = this.#executionCount;
    if (!silent) this.#publish("execute_input", { code, execution_count: count }, header);
    let shown: string | null = null;
    const result: CellResult =
      code.trim() === ""
        ? { status: "ok", expressions: {} }
        : await this.#open().execute(code, {
            cellNumber: count,
            silent,
            expressions: stringRecord(content["user_expressions"]),
            onOutput: (output) => {
              if (output.kind === "result") shown = output.data["text/plain"];
              if (!silent || output.kind !== "error") this.#show(output, count);
            },
            ...(content["allow_stdin"] === true && { onInput: (question, password) => this.#ask(request, question, password) }),
          });
    if (store) this.#history.add(count, code, shown);
    if (result.status !== "ok" && content["stop_on_error"] !== false) for (const waiting of this.#queue) waiting.aborted = true;
    this.#reply("shell", request, "execute_reply", executeReply(result, count));
  }

  #ask(request: Message, question: string, password: boolean): Promise<string> {
    return new Promise((resolve) => {
      this.#answer = (text) => {
        this.#answer = undefined;
        resolve(text);
      };
      this.#reply("stdin", request, "input_request", { prompt: question, password });
    });
  }

  #show(output: CellOutput, executionCount: number): void {
    const parent = this.#lastExecution;
    switch (output.kind) {
      case "stream":
        this.#publish("stream", { name: output.name, text: output.text }, parent);
        return;
      case "display": {
        const { data, metadata, displayId, update } = output;
        // Ids of another run of this notebook may still be on the page.
        const transient = displayId === undefined ? {} : { display_id: `${this.#id}-${displayId}` };
        this.#publish(update ? "update_display_data" : "display_data", { data, metadata, transient }, parent);
        return;
      }
      case "result":
        this.#publish("execute_result", { data: output.data, metadata: output.metadata, execution_count: executionCount }, parent);
        return;
      case "error":
        this.#publish("error", { ename: output.error.name, evalue: output.error.message, traceback: output.error.traceback }, parent);
        return;
      case "clear":
        this.#publish("clear_output", { wait: output.wait }, parent);
        return;
      case "progress":
        return;
    }
  }

  async #complete(content: Content): Promise<Content> {
    const code = text(content, "code");
    const cursor = Number(content["cursor_pos"] ?? toCodePoints(code, code.length));
    const { start, end, matches } = await this.#open().complete(code, toUtf16(code, cursor));
    const [first, last] = [toCodePoints(code, start), toCodePoints(code, end)];
    const types = matches.map(({ text, type, signature, documentation }) => ({
      start: first,
      end: last,
      text,
      type,
      signature,
      ...(documentation !== "" && { documentation }),
    }));
    return {
      status: "ok",
      matches: matches.map(({ text }) => text),
      cursor_start: first,
      cursor_end: last,
      metadata: { _jupyter_types_experimental: types },
    };
  }

  async #inspect(content: Content): Promise<Content> {
    const code = text(content, "code");
    const found = await this.#open().inspect(code, toUtf16(code, Number(content["cursor_pos"] ?? 0)));
    return { status: "ok", found: found !== null, data: found?.data ?? {}, metadata: {} };
  }

  #historyEntries(content: Content): readonly unknown[] {
    const output = content["output"] === true;
    const n = typeof content["n"] === "number" ? content["n"] : null;
    switch (content["hist_access_type"]) {
      case "tail":
        return this.#history.tail(n ?? 10, output);
      case "range": {
        const stop = typeof content["stop"] === "number" ? content["stop"] : null;
        return this.#history.range(Number(content["session"] ?? 0), Number(content["start"] ?? 1), stop, output);
      }
      case "search":
        return this.#history.search(text(content, "pattern", "*"), n, content["unique"] === true, output);
      default:
        return [];
    }
  }

  #receiveComm(message: Message): void {
    const { content } = message;
    const commId = text(content, "comm_id");
    const kind = message.header.msg_type === "comm_open" ? "open" : message.header.msg_type === "comm_msg" ? "message" : "close";
    const target = kind === "open" ? text(content, "target_name") : (this.#comms.get(commId) ?? "");
    if (kind === "open") this.#comms.set(commId, target);
    if (kind === "close") this.#comms.delete(commId);
    const buffers = message.buffers.map((buffer) => buffer.toString("base64"));
    this.#open().sendComm({ kind, commId, target, data: content["data"] ?? {}, metadata: message.metadata, buffers });
  }

  #publishComm(comm: CommMessage): void {
    if (comm.kind === "open") this.#comms.set(comm.commId, comm.target);
    if (comm.kind === "close") this.#comms.delete(comm.commId);
    const type = { open: "comm_open", message: "comm_msg", close: "comm_close" }[comm.kind];
    const content = { comm_id: comm.commId, data: comm.data, ...(comm.kind === "open" && { target_name: comm.target }) };
    const buffers = comm.buffers.map((buffer) => Buffer.from(buffer, "base64"));
    this.#publish(type, content, this.#lastExecution, buffers);
  }

  #reply(channel: Channel, request: Message, type: string, content: Content): void {
    const header = newHeader(type, this.#id);
    this.#sockets.send(channel, { identities: request.identities, header, parent: request.header, metadata: {}, content, buffers: [] });
  }

  #publish(type: string, content: Content, parent: Header | Record<string, never>, buffers: readonly Buffer[] = []): void {
    const identities = [Buffer.from(`kernel.${this.#id}.${type}`)];
    this.#sockets.publish({ identities, header: newHeader(type, this.#id), parent, metadata: {}, content, buffers });
  }
}

function executeReply(result: CellResult, count: number): Content {
  const expressions = Object.fromEntries(Object.entries(result.expressions).map(([name, value]) => [name, expressionReply(value)]));
  if (result.status === "ok") return { status: "ok", execution_count: count, user_expressions: expressions, payload: [] };
  const { name, message, traceback } = result.error;
  return { status: "error", execution_count: count, ename: name, evalue: message, traceback, user_expressions: expressions, payload: [] };
}

function expressionReply(value: ExpressionResult): Content {
  if (value.status === "ok") return { ...value };
  return { status: "error", ename: value.error.name, evalue: value.error.message, traceback: value.error.traceback };
}

function kernelInfo(): Content {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
  return {
    status: "ok",
    protocol_version: protocolVersion,
    implementation: "lamella",
    implementation_version: version,
    language_info: {
      name: "typescript",
      version: "5.0.4",
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: { name: "javascript", typescript: true },
      nbconvert_exporter: "script",
    },
    banner: `Lamella ${version}: TypeScript and the layer language, on Node ${process.version}`,
    debugger: false,
    help_links: [],
    supported_features: [],
  };
}

/** A field that must be a string; what a front end sends instead counts as missing. */
function text(content: Content, name: string, missing = ""): string {
  const value = content[name];
  return typeof value === "string" ? value : missing;
}

function stringRecord(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}
