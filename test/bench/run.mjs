// The benchmark table: npm run bench [-- OPTIONS] (options.mjs lists them). For each workload every contender runs whole training
// steps in a process of its own, and they take turns: what the machine does beside them meets all alike. Figures are medians.
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Contender, heldBack } from "./contender.mjs";
import { readOptions } from "./options.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
const { options, wrong } = readOptions(process.argv.slice(2));
if (options === null || options.help !== "") {
  process[options === null ? "stderr" : "stdout"].write(`${wrong || options.help}\n`);
  process.exit(options === null ? 1 : 0);
}
const burstMs = options.seconds * 1000;

const ours = (name, { threads, settings }, sizes = []) =>
  new Contender("ours", process.execPath, [
    path.join(folder, "measure.mjs"),
    "--serve",
    name,
    "0",
    JSON.stringify({ threads, ...settings }),
    ...sizes,
  ]);
const interpreters = [process.env.PYTHON ?? (process.platform === "win32" ? "python" : "/usr/bin/python3"), process.env.PYTHON_TORCH2];
const pytorch = (name, python, threads, sizes = []) =>
  new Contender(`PyTorch`, python, [path.join(folder, "pytorch_bench.py"), "--serve", name, String(threads), "0", ...sizes]);
const peer = (key, label, name, file, ...args) =>
  Object.assign(
    new Contender(label, process.execPath, [path.join(folder, "peers", file), name, ...args], { limitMs: options.peerLimit * 1000 }),
    { key },
  );

const round = (value, digits = 4) => (value === null || value === undefined ? null : Number(value.toPrecision(digits)));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What each configuration weighs when it has started and done next to nothing, and the most it computes in a second. */
async function baseline(make, extent) {
  const idle = make("matmul", ["16"]);
  await idle.start();
  await idle.burst(0, false);
  idle.end();
  const busy = make("matmul", [extent]);
  await busy.start();
  await wait(100); // its workers come up
  for (let turn = 0; turn < 3; turn++) await busy.burst(200);
  busy.end();
  const best = Math.min(...busy.times);
  return {
    failure: idle.failure || busy.failure,
    idleMiB: idle.peakMiB,
    facts: idle.facts,
    gflops: busy.times.length === 0 ? null : (2e-6 * Number(extent) ** 3) / best,
  };
}

const configurations = [];
const waysToMultiply = {
  blas: { native: "auto", blas: "system" },
  own: { native: "auto", blas: "off" },
  webassembly: { native: "off", blas: "off" },
};
for (const way of options.products) {
  const settings = waysToMultiply[way];
  for (const threads of options.threads) {
    const base = await baseline((name, sizes) => ours(name, { threads, settings }, sizes), "1024");
    if (base.failure !== "") throw new Error(`the engine does not start: ${base.failure}`);
    if (way === "blas" && base.facts.blas === "off") continue; // there is none here
    configurations.push({ way, settings, threads, base });
  }
}
const peaks = new Map(
  options.threads.map((threads) => [
    threads,
    Math.max(...configurations.filter((each) => each.threads === threads).map(({ base }) => base.gflops)),
  ]),
);

const rivals = [];
const notes = [];
if (options.pytorch) {
  for (const python of interpreters.filter((name) => name !== undefined && name !== "")) {
    for (const threads of options.threads) {
      const base = await baseline((name, sizes) => pytorch(name, python, threads, sizes), "1024");
      if (base.failure === "") rivals.push({ python, threads, base });
      else {
        notes.push(`No PyTorch from ${path.basename(python)}: ${base.failure}`);
        break;
      }
    }
  }
}

const columns = ["workload", "blas", "products", "threads", "ms", "firstMs", "peakMiB", "pytorchMs", "pytorchMiB", "ratio", "gflops", "ofPeak", "speedup", "tfjsCpuMs", "tfjsWasmMs", "jaxMs"]; // prettier-ignore
const widths = [14, 8, 11, 7, 8, 8, 7, 9, 10, 6, 6, 6, 7, 9, 10, 8];
const show = (cells) =>
  `${cells.map((cell, index) => (index < 3 ? String(cell).padEnd(widths[index]) : String(cell).padStart(widths[index]))).join(" ")}\n`;

/** All contenders of a workload, started one after the other, then taking turns. */
async function measure(name) {
  const mine = configurations.map((configuration) => Object.assign(ours(name, configuration), configuration));
  let theirs = rivals.map((rival) => Object.assign(pytorch(name, rival.python, rival.threads), rival));
  const peers = options.peers
    ? [
        peer("tfjsCpuMs", "TensorFlow.js cpu", name, "tfjs.mjs", "cpu"),
        peer("tfjsWasmMs", "TensorFlow.js wasm", name, "tfjs.mjs", "wasm"),
        peer("jaxMs", "jax-js", name, "jax.mjs"),
      ]
    : [];
  for (const contender of [...mine, ...theirs]) {
    await contender.start();
    await contender.burst(50, false);
  }
  for (let turn = 0; turn < options.rounds; turn++) {
    for (let at = 0; at < Math.max(mine.length, theirs.length); at++) {
      await mine[at]?.burst(burstMs);
      await theirs[at]?.burst(burstMs);
    }
    // The slower of PyTorch's versions and thread counts need no more turns than it takes to know them.
    const best = Math.min(...theirs.map(({ ms }) => ms ?? Infinity));
    for (const rival of theirs.filter(({ ms }) => ms === null || ms > 1.2 * best)) rival.end();
    theirs = theirs.filter(({ ms }) => ms !== null && ms <= 1.2 * best);
    if (turn > 0) continue;
    for (const contender of peers) {
      await contender.start();
      await contender.burst(0);
      if (contender.ms > 0.1 * burstMs) contender.end();
    }
    for (const contender of peers.filter(({ running }) => running)) {
      contender.times = [];
      await contender.burst(burstMs);
      await mine[0].burst(burstMs);
      await contender.burst(burstMs);
      contender.end();
    }
  }
  for (const contender of [...mine, ...theirs]) contender.end();
  const rival = theirs.toSorted((a, b) => a.ms - b.ms)[0] ?? null;
  for (const { label, failure } of [...mine, ...peers].filter((each) => each.failure !== "")) notes.push(`${label}, ${name}: ${failure}`);
  return { mine, rival, peers };
}

const rows = [];
process.stdout.write(show(columns));
for (const name of options.only) {
  const { mine, rival, peers } = await measure(name);
  for (const { way, threads, base, ms, firstMs, peakMiB, facts, times } of mine.filter((each) => each.ms !== null)) {
    const gflops = facts.flops / ms / 1e6;
    const alone = mine.find((other) => other.way === way && other.threads === options.threads[0]);
    const row = {
      workload: name,
      blas: facts.blas,
      products: facts.products,
      threads,
      ms: round(ms),
      firstMs: round(firstMs),
      peakMiB: round(Math.max(0, peakMiB - base.idleMiB)),
      pytorchMs: round(rival?.ms ?? null),
      pytorchMiB: rival === null ? null : round(Math.max(0, rival.peakMiB - rival.base.idleMiB)),
      ratio: rival === null ? null : Number((rival.ms / ms).toFixed(2)),
      gflops: round(gflops),
      ofPeak: round(gflops / peaks.get(threads), 2),
      speedup: threads === options.threads[0] || alone.ms === null ? null : round(alone.ms / ms, 3),
      ...Object.fromEntries(peers.map((each) => [each.key, round(each.ms)])),
      pytorchVersion: rival?.facts.version ?? null,
      pytorchThreads: rival?.threads ?? null,
      pytorchFirstMs: round(rival?.firstMs ?? null),
      steps: times.length,
      planMiB: round(facts.planMiB),
    };
    rows.push(row);
    process.stdout.write(show(columns.map((column) => row[column] ?? "-")));
  }
}

const tell = (line) => process.stdout.write(`${line}\n`);
tell(
  `\n${os.cpus()[0]?.model.trim() ?? "unknown processor"}, ${os.cpus().length} processors, Node ${process.versions.node}, ${os.platform()}`,
);
tell(
  "ms: median of whole steps (forward, backward, optimiser), all contenders taking turns. firstMs: the first step, planning included, with weights drawn before.",
);
tell("peakMiB: the process at its largest, less the same process started and idle; PyTorch's likewise. ratio: PyTorch's ms by ours.");
tell(
  `ofPeak: of the best 1024x1024x1024 product here: ${configurations.map(({ threads, base }) => `${round(base.gflops, 3)} GFLOP/s (${threads} thread${threads === 1 ? "" : "s"}, ${base.facts.products})`).join(", ")}.`,
);
tell(
  "products: who makes large ones. Where the processor and the system allow it the engine makes them itself (AVX-512, AVX2), whether there is a BLAS or not; LAMELLA_BLAS=system leaves plain ones to the BLAS.",
);
tell("Multiply-adds are counted as the operations define them, so Winograd's convolutions can do more than the machine's peak.");
for (const { workload, pytorchVersion, pytorchThreads } of rows.filter(
  (row, index) => row.pytorchVersion !== null && rows[index - 1]?.workload !== row.workload,
))
  tell(`PyTorch, ${workload}: ${pytorchVersion} with ${pytorchThreads} thread${pytorchThreads === 1 ? "" : "s"} was fastest.`);
if (heldBack.length > 0) tell(`Set on this machine, but for no contender: ${heldBack.join(", ")}.`);
for (const note of notes) tell(`- ${note}`);
if (options.json !== "") writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
