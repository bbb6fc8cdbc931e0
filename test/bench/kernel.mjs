// What a notebook feels of the kernel: time to kernel_info, to the first result, round trips, memory.
// node test/bench/kernel.mjs [kernelspec …]   other kernels that Jupyter knows are measured the same way (default: ours, from dist).
import { spawn, execFileSync } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Dealer, Subscriber } from "zeromq";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const ours = {
  name: "lamella",
  argv: [process.execPath, join(root, "dist", "kernel", "cli", "main.js"), "kernel", "{connection_file}"],
  language: "typescript",
};

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

class Client {
  #key = randomUUID();
  #shell = new Dealer({ linger: 0 });
  #control = new Dealer({ linger: 0 });
  #iopub = new Subscriber({ linger: 0 });
  #waiting = new Map();

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
        env: { ...process.env, LAMELLA_HISTORY: "off" },
        stdio: "ignore",
      },
    );
    this.#shell.connect(`tcp://127.0.0.1:${ports.shell_port}`);
    this.#control.connect(`tcp://127.0.0.1:${ports.control_port}`);
    this.#iopub.connect(`tcp://127.0.0.1:${ports.iopub_port}`);
    this.#iopub.subscribe();
    void this.#listen(this.#shell, (type) => type.endsWith("_reply"));
    void this.#listen(this.#iopub, (type, content) => type === "status" && content.execution_state === "idle");
    await this.request("kernel_info_request", {}, false);
    return performance.now() - began;
  }

  async #listen(socket, counts) {
    for await (const frames of socket) {
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
    const done = new Promise((resolve) => this.#waiting.set(id, { left: idle ? 2 : 1, resolve }));
    await this.#shell.send(["<IDS|MSG>", hmac.digest("hex"), ...parts]);
    await done;
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

  /** Resident memory of the kernel and its children, in MB; Linux only. */
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

  stop() {
    this.process.kill("SIGTERM");
    setTimeout(() => this.process.kill("SIGKILL"), 2000).unref();
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** The same cells, in the kernel's language. */
const declare = {
  typescript: (n) => `let v${n} = ${n} * 2;`,
  javascript: (n) => `let v${n} = ${n} * 2;`,
  python: (n) => `v${n} = ${n} * 2`,
};
const member = { typescript: "Math.co", javascript: "Math.co", python: "str.jo" };

async function measure(kernel) {
  const client = new Client();
  const info = await client.start(kernel);
  const first = info + (await client.execute("1+1"));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const idle = client.memory();
  const sum = [];
  for (let round = 0; round < 40; round += 1) sum.push(await client.execute("1+1"));
  const declared = [];
  for (let round = 0; round < 40; round += 1) declared.push(await client.execute(declare[kernel.language](round)));
  const completed = [];
  const code = member[kernel.language];
  for (let round = 0; round < 15; round += 1) completed.push(await client.time("complete_request", { code, cursor_pos: code.length }));
  for (let round = 0; round < 40; round += 1) await client.execute(`${round}`);
  const after = client.memory();
  client.stop();
  return { info, first, sum: median(sum), declared: median(declared), completed: median(completed), idle, after };
}

function kernelspec(name) {
  // Debian has no `jupyter kernelspec`; the module behind it is always there.
  const python = process.env.PYTHON ?? (existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3");
  const specs = JSON.parse(
    execFileSync(python, ["-m", "jupyter_client.kernelspecapp", "list", "--json"], { encoding: "utf8" }),
  ).kernelspecs;
  const folder = specs[name]?.resource_dir;
  if (folder === undefined || !existsSync(join(folder, "kernel.json")))
    throw new Error(`Jupyter knows no kernel ${name}; it knows ${Object.keys(specs).join(", ")}`);
  const { argv, language } = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
  return { name, argv, language: language.toLowerCase() };
}

console.log("kernel          kernel_info  first result     1+1  declaration  completion   memory idle, after 120 cells");
for (const kernel of [ours, ...process.argv.slice(2).map(kernelspec)]) {
  const { info, first, sum, declared, completed, idle, after } = await measure(kernel);
  const ms = (value, width) => `${value.toFixed(value < 100 ? 1 : 0)} ms`.padStart(width);
  console.log(
    kernel.name.padEnd(14) +
      ms(info, 13) +
      ms(first, 14) +
      ms(sum, 8) +
      ms(declared, 13) +
      ms(completed, 12) +
      `${idle.toFixed(0)} MB, ${after.toFixed(0)} MB`.padStart(24),
  );
}
process.exit(0);
