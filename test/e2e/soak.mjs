// Mixed cells (both languages, printing, pictures, training, questions, comms), interrupts and crashes in one kernel for 30
// minutes, over the sockets that Jupyter uses. Counts replies that never came, cells that hung, wrong answers, and the growth of
// the kernel process.
//
//   npm run build && node test/e2e/soak.mjs [--minutes 30] [--seed 1]
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Dealer, Subscriber } from "zeromq";
import { MessageCodec, newHeader } from "../../dist/kernel/protocol/message.js";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" }, seed: { type: "string", default: "1" } } });
const minutes = Number(values.minutes);
/** A request without an answer for so long is lost; a crash starts a fresh session meanwhile. */
const patience = 60_000;

let state = Number(values.seed) >>> 0;
/** Mulberry32. */
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const folder = mkdtempSync(join(tmpdir(), "lamella-soak-"));
const key = randomUUID();
const connection = { transport: "tcp", ip: "127.0.0.1", key, signature_scheme: "hmac-sha256" };
for (const name of ["shell", "iopub", "stdin", "control", "hb"]) connection[`${name}_port`] = await freePort();
const file = join(folder, "connection.json");
writeFileSync(file, JSON.stringify(connection));
const main = fileURLToPath(new URL("../../dist/kernel/cli/main.js", import.meta.url));
const kernel = spawn(process.execPath, [main, "kernel", file], {
  cwd: folder,
  env: { ...process.env, LAMELLA_HISTORY: join(folder, "history.jsonl") },
  stdio: ["ignore", "ignore", "pipe"],
});
let log = "";
kernel.stderr.on("data", (chunk) => (log = (log + chunk).slice(-20_000)));
process.on("exit", () => kernel.kill("SIGKILL"));

const codec = new MessageCodec(key, "hmac-sha256");
const sockets = {
  shell: new Dealer({ linger: 0 }),
  control: new Dealer({ linger: 0 }),
  stdin: new Dealer({ linger: 0 }),
  iopub: new Subscriber({ linger: 0, receiveHighWaterMark: 0 }),
};
// All sockets of one front end have one identity: the kernel asks for input under that of the request.
for (const channel of ["shell", "control", "stdin"]) sockets[channel].routingId = "soak";
for (const [channel, socket] of Object.entries(sockets)) socket.connect(`tcp://127.0.0.1:${connection[`${channel}_port`]}`);
sockets.iopub.subscribe();

/** What is still expected, by the id of the request. */
const replies = new Map();
const idles = new Map();
const streams = new Map();
/** What came on a comm from the kernel, by the comm's id. */
const comms = new Map();
for (const [channel, socket] of Object.entries(sockets)) void listen(channel, socket);

async function listen(channel, socket) {
  for await (const frames of socket) {
    const message = codec.decode(frames);
    const parent = message.parent.msg_id;
    if (message.header.msg_type === "input_request") {
      answerQuestion(message);
    } else if (channel !== "iopub") {
      replies.get(parent)?.(message.content);
      replies.delete(parent);
    } else if (message.header.msg_type === "stream") {
      streams.set(parent, (streams.get(parent) ?? "") + message.content.text);
    } else if (["execute_result", "display_data", "update_display_data"].includes(message.header.msg_type)) {
      streams.set(parent, (streams.get(parent) ?? "") + message.content.data["text/plain"]);
    } else if (message.header.msg_type === "comm_msg") {
      comms.set(message.content.comm_id, message.content.data);
    } else if (message.header.msg_type === "status" && message.content.execution_state === "idle") {
      idles.get(parent)?.();
      idles.delete(parent);
    }
  }
}

function send(channel, type, content, parent = {}) {
  const header = newHeader(type, "soak");
  void sockets[channel].send(codec.encode({ identities: [], header, parent, metadata: {}, content, buffers: [] }));
  return header.msg_id;
}

/** The question says what to answer; one that asks for nothing waits for its interrupt. */
function answerQuestion({ header, content }) {
  counted.questions += 1;
  const [, wanted] = /^say (.*)$/.exec(content.prompt) ?? [];
  if (wanted !== undefined) send("stdin", "input_reply", { status: "ok", value: wanted }, header);
}

const counted = { cells: 0, requests: 0, interrupts: 0, crashes: 0, questions: 0, comms: 0, lostReplies: 0, lostIdles: 0, wrong: 0 };
const problems = [];
const interruptTimes = [];

function problem(kind, text) {
  counted[kind] += 1;
  if (problems.length < 50) problems.push(`${((performance.now() - begun) / 1000).toFixed(0)} s: ${kind}: ${text}`);
}

/** Sends a request; resolves with the reply, or undefined when it is lost. */
function request(type, content, channel = "shell") {
  counted.requests += 1;
  const id = send(channel, type, content);
  const reply = new Promise((resolve) => {
    const timer = setTimeout(() => {
      replies.delete(id);
      problem("lostReplies", `${type} ${JSON.stringify(content).slice(0, 200)}`);
      resolve(undefined);
    }, patience);
    replies.set(id, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
  return { id, reply };
}

/** Runs a cell to its reply and its idle; gives the reply and what was shown as text. */
async function execute(code, whileRunning) {
  counted.cells += 1;
  const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: true, stop_on_error: false };
  const { id, reply } = request("execute_request", content);
  const idle = new Promise((resolve) => {
    const timer = setTimeout(() => {
      idles.delete(id);
      problem("lostIdles", code.slice(0, 200));
      resolve();
    }, patience + 5_000);
    idles.set(id, () => {
      clearTimeout(timer);
      resolve();
    });
  });
  await whileRunning?.(id);
  const answer = await reply;
  await idle;
  const text = streams.get(id) ?? "";
  streams.delete(id);
  return { answer, text };
}

async function expectCell(code, status, pattern, whileRunning) {
  const { answer, text } = await execute(code, whileRunning);
  const said = `${text}\n${answer?.ename ?? ""}: ${answer?.evalue ?? ""}`;
  if (answer !== undefined && (answer.status !== status || !pattern.test(said))) {
    problem(
      "wrong",
      `${JSON.stringify(code.slice(0, 120))} gave ${answer.status}, ${JSON.stringify(said.slice(0, 300))}, not ${status} ${pattern}`,
    );
  }
}

async function interrupt() {
  counted.interrupts += 1;
  await request("interrupt_request", {}, "control").reply;
}

/** A comm that the front end opens: what it sends comes back doubled. */
async function converse() {
  const id = `soak-${(number += 1)}`;
  counted.comms += 1;
  await expectCell(
    "registerCommTarget('double', (comm) => { comm.onMessage = (data: any) => comm.send({ twice: 2 * data.n }) })",
    "ok",
    /^/,
  );
  send("shell", "comm_open", { comm_id: id, target_name: "double", data: {} });
  send("shell", "comm_msg", { comm_id: id, data: { n: number } });
  const deadline = performance.now() + patience;
  while (!comms.has(id) && performance.now() < deadline) await sleep(5);
  if (comms.get(id)?.twice !== 2 * number) problem("wrong", `the comm ${id} gave ${JSON.stringify(comms.get(id))}`);
  comms.delete(id);
  send("shell", "comm_close", { comm_id: id, data: {} });
}

let number = 0;
const brief = "train Two on spirals { loss crossentropy; epochs 3; batch 32; seed 1 }";
const ordinary = [
  () => expectCell(`${(number += 1)} + 1`, "ok", new RegExp(`^${number + 1}\\n`)),
  () => expectCell(`let kept = ${(number += 1)}; kept * 2`, "ok", new RegExp(`^${number * 2}\\n`)),
  () => expectCell(`function twice(x: number): number { return 2 * x }\ntwice(${(number += 1)})`, "ok", new RegExp(`^${number * 2}\\n`)),
  () => expectCell("for (let i = 0; i < 2000; i++) console.log(i)", "ok", /^0\n1\n2\n[^]*\n1999\n/),
  () => expectCell("let sum = 0; for (let i = 0; i < 1e7; i++) sum += i; sum", "ok", /^49999995000000\n/),
  () => expectCell("await new Promise((resolve) => setTimeout(resolve, 50)); 'awaited'", "ok", /^'awaited'/),
  () => expectCell("throw new TypeError('as wished')", "error", /TypeError: as wished/),
  () => expectCell("let wrong: number = 'text'", "error", /not assignable/),
  () => expectCell("const = 3", "error", /./),
  () => expectCell("'x'.repeat(200_000).length", "ok", /^200000\n/),
  () => expectCell("import { join } from 'node:path';\njoin('a', 'b')", "ok", /^'a.b'/),
  () => expectCell("net Small(x: 4) { dense 8 | relu | dense 2 | softmax }", "ok", /^/),
  () => expectCell("net Bad(x: 4) { denze 8 }", "error", /denze/),
  () => expectCell("%time 1 + 1", "ok", /2/),
  () => expectCell("display(html('<b>bold</b>'))", "ok", /^/),
  () => expectCell("net Small(x: 4) { dense 8 | relu | dense 2 | softmax }\nshow Small", "ok", /dense 8 \| relu/),
  () => expectCell("tensor(Array.from({ length: 32 }, (_, i) => Array.from({ length: 32 }, (_, j) => Math.sin(i + j))))", "ok", /32x32/),
  () => expectCell("const shown = display(1);\nfor (let i = 2; i <= 20; i++) shown.update(i)", "ok", /^1\n?2[^]*20/),
  () => expectCell("net Two(x: 2) { dense 8 | tanh | dense 2 | softmax }\n" + brief, "ok", /\b3\b/),
  () => expectCell(`await input("say word ${(number += 1)}")`, "ok", new RegExp(`^'word ${number}'\n`)),
  () => expectCell(`prompt("say word ${(number += 1)}").length`, "ok", new RegExp(`^${`word ${number}`.length}\n`)),
  converse,
  async () => {
    const { reply } = request("complete_request", { code: "Math.at", cursor_pos: 7 });
    const answer = await reply;
    if (answer !== undefined && !answer.matches?.includes("atan2"))
      problem("wrong", `completion gave ${JSON.stringify(answer).slice(0, 200)}`);
  },
  async () => void (await request("inspect_request", { code: "JSON.parse", cursor_pos: 8, detail_level: 0 }).reply),
  async () => void (await request("is_complete_request", { code: "function f() {" }).reply),
  async () => void (await request("kernel_info_request", {}).reply),
  async () => {
    const answer = await request("history_request", { hist_access_type: "tail", n: 5, raw: true, output: false }).reply;
    if (answer !== undefined && !Array.isArray(answer.history)) problem("wrong", "no history");
  },
  // Many cells at once: every one is answered.
  async () => void (await Promise.all(Array.from({ length: 20 }, (_, i) => expectCell(`${i} + 0.5`, "ok", new RegExp(`^${i}.5\\n`))))),
];
const training =
  "net Two(x: 2) { dense 16 | relu | dense 2 | softmax }\n" +
  "train Two on spirals { loss crossentropy; optimizer adam(lr=0.01); epochs 100000; batch 32; seed 1 }";
const interrupted = [
  "while (true) {}",
  "await new Promise(() => {})",
  "await null; while (true) {}",
  "for (;;) { try { while (true) {} } catch {} }",
  "for (;;) await new Promise((resolve) => setTimeout(resolve, 1))",
  "setTimeout(() => { while (true) {} }, 0); await new Promise(() => {})",
  "await input('wait')",
  "prompt('wait')",
].map((code) => async () => {
  let asked = 0;
  await expectCell(`let before = ${(number += 1)}; console.log("started"); ${code}`, "error", /started[^]*nterrupt/, async (id) => {
    const deadline = performance.now() + patience;
    while (!streams.has(id) && performance.now() < deadline) await sleep(5);
    await sleep(random() * 300);
    asked = performance.now();
    await interrupt();
  });
  interruptTimes.push(performance.now() - asked);
  await expectCell("before", "ok", new RegExp(`^${number}\\n`));
});
const interruptedTraining = async () => {
  // Sometimes before the first step, sometimes in the middle of one.
  await execute(training, async () => {
    await sleep(random() * 2_000);
    await interrupt();
  });
  await expectCell("1 + 1", "ok", /^2\n/);
};
const crashes = ["process.exit(3)", "process.abort()", "process.kill(process.pid, 'SIGKILL')", "process.kill(process.pid, 'SIGTERM')"].map(
  (code) => async () => {
    counted.crashes += 1;
    await expectCell(code, "error", /./);
    await expectCell("40 + 2", "ok", /^42\n/);
  },
);

/** Resident memory of the kernel process in MiB; undefined where the system does not say. */
function residentMemory() {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${kernel.pid}/status`, "utf8"))?.[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** What the kernel process has open, and the processes it has; a leak shows here before it shows in memory. */
function open() {
  try {
    const files = readdirSync(`/proc/${kernel.pid}/fd`).length;
    const children = readFileSync(`/proc/${kernel.pid}/task/${kernel.pid}/children`, "utf8").trim().split(/\s+/).filter(Boolean).length;
    return { files, children };
  } catch {
    return undefined;
  }
}

const begun = performance.now();
const memory = [];
const opened = [];
let lastReport = begun;
await request("kernel_info_request", {}).reply;
await expectCell("1 + 1", "ok", /^2\n/);
while (performance.now() - begun < minutes * 60_000 && kernel.exitCode === null && kernel.signalCode === null) {
  const dice = random();
  if (dice < 0.05) await pick(crashes)();
  else if (dice < 0.17) await pick(interrupted)();
  else if (dice < 0.19) await interruptedTraining();
  else await pick(ordinary)();
  if (performance.now() - lastReport > 15_000) {
    lastReport = performance.now();
    const used = residentMemory();
    if (used !== undefined) memory.push(used);
    opened.push(open());
    console.log(`${((lastReport - begun) / 60_000).toFixed(1)} min  ${counted.cells} cells  ${used?.toFixed(0) ?? "?"} MiB`);
  }
}
const lived = kernel.exitCode === null && kernel.signalCode === null;
const shutdown = lived ? await request("shutdown_request", { restart: false }, "control").reply : undefined;
const ended = await Promise.race([
  new Promise((resolve) =>
    kernel.exitCode === null && kernel.signalCode === null ? kernel.once("exit", () => resolve(true)) : resolve(true),
  ),
  sleep(10_000).then(() => false),
]);

// The first quarter is warming up. Growth is what a straight line through the rest gains in an hour.
const steady = memory.slice(Math.ceil(memory.length / 4));
const slope = (() => {
  const middle = (steady.length - 1) / 2;
  const mean = steady.reduce((sum, value) => sum + value, 0) / steady.length;
  const [above, below] = steady.reduce(([a, b], value, i) => [a + (i - middle) * (value - mean), b + (i - middle) ** 2], [0, 0]);
  return (above / below) * 240;
})();
const quantile = (times, part) =>
  Math.round(times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(part * times.length))] ?? 0);
console.log({
  ...counted,
  interruptMs: { median: quantile(interruptTimes, 0.5), of99Percent: quantile(interruptTimes, 0.99), slowest: quantile(interruptTimes, 1) },
  open: { first: opened[0], last: opened.at(-1) },
  memoryMiB: { first: Math.round(memory[0] ?? 0), last: Math.round(memory.at(-1) ?? 0), most: Math.round(Math.max(0, ...memory)) },
  growthMiBPerHour: Math.round(slope),
  kernelLived: lived,
  cleanShutdown: shutdown !== undefined && ended === true,
});
for (const line of problems) console.log(line);
if (problems.length > 0 && log !== "") console.log(`the kernel's log:\n${log}`);
for (const socket of Object.values(sockets)) socket.close();
rmSync(folder, { recursive: true, force: true });
const failed = !lived || ended !== true || counted.lostReplies + counted.lostIdles + counted.wrong > 0;
process.exit(failed ? 1 : 0);
