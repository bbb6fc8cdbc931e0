import { spawn, execFileSync } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";

/** A kernel that has not answered for so long (ms) is given up. */
const patience = 60_000;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A Jupyter front end that only measures: one kernel process, its reply and its idle status awaited. */
export class BenchClient {
  #key = randomUUID();
  #shell = new Dealer({ linger: 0 });
  #control = new Dealer({ linger: 0 });
  #iopub = new Subscriber({ linger: 0 });
  #waiting = new Map();
  #heard = false;

  /** Starts the kernel; gives the milliseconds until it has answered `kernel_info_request`. */
  async start({ argv }) {
    this.folder = mkdtempSync(join(tmpdir(), "lamella-bench-"));
    const names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"];
    const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])));
    const file = join(this.folder, "connection.json");
    writeFileSync(file, JSON.stringify({ transport: "tcp", ip: "127.0.0.1", key: this.#key, signature_scheme: "hmac-sha256", ...ports }));
    const began = performance.now();
    this.process = spawn(
      argv[0],
      argv.slice(1).map((part) => part.replace("{connection_file}", file)),
      {
        cwd: this.folder,
        env: { ...process.env, LAMELLA_HISTORY: "off", DENO_NO_UPDATE_CHECK: "1" },
        stdio: "ignore",
      },
    );
    this.process.on("error", (error) => (this.failure = error));
    this.#shell.connect(`tcp://127.0.0.1:${ports.shell_port}`);
    this.#control.connect(`tcp://127.0.0.1:${ports.control_port}`);
    this.#iopub.connect(`tcp://127.0.0.1:${ports.iopub_port}`);
    this.#iopub.subscribe();
    void this.#listen(this.#shell, (type) => type.endsWith("_reply"));
    void this.#listen(this.#iopub, (type, content) => type === "status" && content.execution_state === "idle");
    await this.request("kernel_info_request", {}, false);
    return performance.now() - began;
  }

  /** Kernels lose what they publish before the subscription has reached them: asks until something was heard, as Jupyter does. */
  async connected() {
    while (!this.#heard) {
      await this.request("kernel_info_request", {}, false);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #listen(socket, counts) {
    for await (const frames of socket) {
      if (socket === this.#iopub) this.#heard = true;
      const at = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
      const [header, parent, , content] = frames.slice(at + 2, at + 6).map((frame) => JSON.parse(frame.toString()));
      if (!counts(header.msg_type, content)) continue;
      const waiting = this.#waiting.get(parent.msg_id);
      if (waiting !== undefined && (waiting.left -= 1) === 0) waiting.resolve();
    }
  }

  /** Waits for the reply and, where asked, for the idle status. */
  async request(type, content, idle = true) {
    const id = randomUUID();
    const header = { msg_id: id, session: "bench", username: "bench", date: new Date().toISOString(), msg_type: type, version: "5.3" };
    const parts = [header, {}, {}, content].map((part) => Buffer.from(JSON.stringify(part)));
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    const done = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.failure ?? new Error(`${type} had no answer for ${patience / 1000} s`)), patience);
      const answered = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.set(id, { left: idle ? 2 : 1, resolve: answered });
    });
    await this.#shell.send(["<IDS|MSG>", hmac.digest("hex"), ...parts]);
    await done;
    this.#waiting.delete(id);
  }

  async time(type, content) {
    const began = performance.now();
    await this.request(type, content);
    return performance.now() - began;
  }

  execute(code) {
    return this.time("execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
  }

  /** Resident memory of the kernel and its children, in MiB; Linux only. */
  memory() {
    if (process.platform !== "linux") return NaN;
    const table = execFileSync("ps", ["-eo", "pid=,ppid=,rss="], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number));
    const family = new Set([this.process.pid]);
    for (let size = 0; size !== family.size;) {
      size = family.size;
      for (const [pid, parent] of table) if (family.has(parent)) family.add(pid);
    }
    return table.filter(([pid]) => family.has(pid)).reduce((sum, [, , rss]) => sum + rss / 1024, 0);
  }

  /** Ends the kernel and waits for its end: it must not run beside the one measured next. */
  async stop() {
    const ended = new Promise((resolve) => this.process.once("close", resolve));
    if (this.process.exitCode === null && this.process.signalCode === null && this.failure === undefined) {
      this.process.kill("SIGTERM");
      const timer = setTimeout(() => this.process.kill("SIGKILL"), 2000);
      await ended;
      clearTimeout(timer);
    }
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
