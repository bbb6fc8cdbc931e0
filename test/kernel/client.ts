import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Dealer, Request, Subscriber } from "zeromq";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const command: string = join(root, "dist", "kernel", "cli", "main.js");

export type Content = Record<string, unknown>;

export interface Received {
  readonly header: { readonly msg_id: string; readonly msg_type: string; readonly version: string };
  readonly parent: { readonly msg_id?: string };
  readonly content: Content;
}

export interface Executed {
  readonly reply: Content;
  /** What came on iopub for the cell, between busy and idle, without status and execute_input. */
  readonly outputs: readonly { readonly type: string; readonly content: Content }[];
  /** Everything printed on stdout, joined. */
  readonly stdout: string;
}

/** A Jupyter front end in a few lines: starts a kernel process and talks to it over ZeroMQ. */
export class KernelClient {
  readonly folder: string;
  readonly process: ChildProcess;
  readonly key: string;
  readonly connection: Record<string, string | number>;
  /** Everything on iopub so far. */
  readonly published: Received[] = [];
  log = "";

  readonly #shell = new Dealer({ linger: 0 });
  readonly #control = new Dealer({ linger: 0 });
  readonly #stdin = new Dealer({ linger: 0 });
  readonly #iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  readonly #waiting: {
    readonly channel: string;
    readonly accept: (message: Received) => boolean;
    readonly resolve: (message: Received) => void;
  }[] = [];
  readonly #early: { readonly channel: string; readonly message: Received }[] = [];

  private constructor(folder: string, connection: Record<string, string | number>, kernel: ChildProcess) {
    this.folder = folder;
    this.connection = connection;
    this.key = String(connection["key"]);
    this.process = kernel;
    kernel.stderr?.on("data", (chunk: Buffer) => (this.log += chunk.toString()));
  }

  static async start(options: { args?: readonly string[]; env?: NodeJS.ProcessEnv; ready?: boolean } = {}): Promise<KernelClient> {
    const folder = mkdtempSync(join(tmpdir(), "lamella kernel ü-"));
    const [shell_port, iopub_port, stdin_port, control_port, hb_port] = await freePorts(5);
    const connection = {
      transport: "tcp",
      ip: "127.0.0.1",
      key: randomUUID(),
      signature_scheme: "hmac-sha256",
      shell_port: shell_port ?? 0,
      iopub_port: iopub_port ?? 0,
      stdin_port: stdin_port ?? 0,
      control_port: control_port ?? 0,
      hb_port: hb_port ?? 0,
    };
    const file = join(folder, "connection.json");
    writeFileSync(file, JSON.stringify(connection));
    const kernel = spawn(process.execPath, [command, "kernel", ...(options.args ?? []), file], {
      cwd: folder,
      env: { ...process.env, LAMELLA_HISTORY: join(folder, "history.jsonl"), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const client = new KernelClient(folder, connection, kernel);
    client.#connect();
    if (options.ready !== false) await client.request("kernel_info_request");
    return client;
  }

  #connect(): void {
    const at = (port: string): string => `tcp://127.0.0.1:${this.connection[port]}`;
    // All sockets of one front end have one identity: the kernel asks for input under that of the request.
    const identity = `client-${randomUUID()}`;
    for (const socket of [this.#shell, this.#control, this.#stdin]) socket.routingId = identity;
    this.#shell.connect(at("shell_port"));
    this.#control.connect(at("control_port"));
    this.#stdin.connect(at("stdin_port"));
    this.#iopub.connect(at("iopub_port"));
    this.#iopub.subscribe();
    for (const [channel, socket] of [
      ["shell", this.#shell],
      ["control", this.#control],
      ["stdin", this.#stdin],
      ["iopub", this.#iopub],
    ] as const) {
      void this.#listen(channel, socket);
    }
  }

  async #listen(channel: string, socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      const at = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
      const [signature, ...parts] = frames.slice(at + 1);
      if (signature?.toString() !== this.#sign(parts.slice(0, 4))) throw new Error("the kernel signed wrongly");
      const [header, parent, , content] = parts.slice(0, 4).map((part): unknown => JSON.parse(part.toString())) as [
        Received["header"],
        Received["parent"],
        Content,
        Content,
      ];
      const message = { header, parent, content };
      if (channel === "iopub") this.published.push(message);
      const index = this.#waiting.findIndex((waiting) => waiting.channel === channel && waiting.accept(message));
      if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve(message);
      else if (channel !== "iopub") this.#early.push({ channel, message });
    }
  }

  #sign(parts: readonly Buffer[]): string {
    const hmac = createHmac("sha256", this.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  /** Sends a message and gives its id. */
  async send(type: string, content: Content = {}, channel: "shell" | "control" | "stdin" = "shell"): Promise<string> {
    const id = randomUUID();
    const header = { msg_id: id, session: "test", username: "test", date: new Date().toISOString(), msg_type: type, version: "5.4" };
    await this.sendFrames(this.signed([header, {}, {}, content].map((part) => JSON.stringify(part))), channel);
    return id;
  }

  /** The frames of a message whose parts are these texts, signed with the key that the kernel knows. */
  signed(texts: readonly string[]): Buffer[] {
    const parts = texts.map((text) => Buffer.from(text));
    return [Buffer.from("<IDS|MSG>"), Buffer.from(this.#sign(parts.slice(0, 4))), ...parts];
  }

  /** Waits until the kernel has written this to its log, after the first `from` characters of it. */
  async logged(text: string, from = 0): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!this.log.slice(from).includes(text)) {
      if (Date.now() > deadline) throw new Error(`the kernel's log has no "${text}":\n${this.log.slice(from)}`);
      await sleep(5);
    }
  }

  async sendFrames(frames: readonly Buffer[], channel: "shell" | "control" | "stdin" = "shell"): Promise<void> {
    await { shell: this.#shell, control: this.#control, stdin: this.#stdin }[channel].send([...frames]);
  }

  /** The next message on a channel that `accept` takes. */
  receive(channel: "shell" | "control" | "stdin" | "iopub", accept: (message: Received) => boolean): Promise<Received> {
    const index = this.#early.findIndex((early) => early.channel === channel && accept(early.message));
    const [early] = index >= 0 ? this.#early.splice(index, 1) : [];
    if (early !== undefined) return Promise.resolve(early.message);
    return new Promise((resolve) => this.#waiting.push({ channel, accept, resolve }));
  }

  async request(type: string, content: Content = {}, channel: "shell" | "control" = "shell"): Promise<Content> {
    const id = await this.send(type, content, channel);
    return (await this.receive(channel, (message) => message.parent.msg_id === id)).content;
  }

  /** Runs a cell to its reply and its idle status. */
  async execute(code: string, more: Content = {}): Promise<Executed> {
    return (await this.begin(code, more)).done;
  }

  /** Starts a cell; `done` waits for its end. */
  async begin(code: string, more: Content = {}): Promise<{ id: string; done: Promise<Executed> }> {
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true, ...more };
    const from = this.published.length;
    const id = await this.send("execute_request", content);
    const idle = this.receive("iopub", (message) => isStatus(message, "idle") && message.parent.msg_id === id);
    const reply = this.receive("shell", (message) => message.parent.msg_id === id);
    const done = Promise.all([reply, idle]).then(([answer]) => {
      const own = this.published.slice(from).filter((message) => message.parent.msg_id === id);
      const outputs = own
        .filter(({ header }) => header.msg_type !== "status" && header.msg_type !== "execute_input")
        .map(({ header, content: shown }) => ({ type: header.msg_type, content: shown }));
      const printed = outputs.filter(({ type, content: shown }) => type === "stream" && shown["name"] === "stdout");
      return { reply: answer.content, outputs, stdout: printed.map(({ content: shown }) => String(shown["text"])).join("") };
    });
    return { id, done };
  }

  /** Sends a byte string on the heartbeat socket and gives what comes back. */
  async heartbeat(text: string): Promise<string> {
    const socket = new Request({ linger: 0 });
    socket.connect(`tcp://127.0.0.1:${this.connection["hb_port"]}`);
    await socket.send(text);
    const [answer] = await socket.receive();
    socket.close();
    return String(answer);
  }

  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => {
      if (this.process.exitCode !== null || this.process.signalCode !== null) resolve(this.process.exitCode);
      else this.process.once("exit", resolve);
    });
    if (this.process.exitCode === null && this.process.signalCode === null)
      await this.request("shutdown_request", { restart: false }, "control");
    const code = await ended;
    for (const socket of [this.#shell, this.#control, this.#stdin, this.#iopub]) socket.close();
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}

export function isStatus(message: Received, state: string): boolean {
  return message.header.msg_type === "status" && message.content["execution_state"] === state;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
