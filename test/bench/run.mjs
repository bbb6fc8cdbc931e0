// The benchmark table: npm run bench [-- --only WORKLOAD] [--json FILE] [--seconds N] [--threads 1,2] [--no-pytorch]
// Ours and PyTorch's steps alternate, each in a process of its own; the better of PyTorch's thread counts counts.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const folder = path.dirname(fileURLToPath(import.meta.url));
const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const only = option("only", "");
const seconds = Number(option("seconds", "2"));
const threadCounts = option("threads", "1,2").split(",").map(Number);
const rounds = Number(option("rounds", "2"));
const python = process.env.PYTHON ?? (process.platform === "win32" ? "python" : "/usr/bin/python3");
const names = ["mlp-2-16-2", "mlp-784-128-10", "lenet", "cnn", "resnet18", "alexnet", "vgg16-forward", "lstm", "transformer", "unet"];
const chosen = only === "" ? names : names.filter((name) => only.split(",").includes(name));
if (chosen.length === 0) {
  process.stderr.write(`there is no workload ${only}; there are ${names.join(", ")}\n`);
  process.exit(1);
}

function child(command, args, environment = {}) {
  const { stdout, status, error } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...environment },
    maxBuffer: 1 << 26,
  });
  if (error !== undefined || status !== 0) return null;
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const ours = (name, threads, blas) =>
  child(process.execPath, [path.join(folder, "measure.mjs"), name, String(seconds), JSON.stringify({ threads, blas })]);
const theirs = (name, threads) =>
  process.argv.includes("--no-pytorch")
    ? null
    : child(python, [path.join(folder, "pytorch_bench.py"), name, String(threads), String(seconds)]);

/** The better of several rounds: other processes of the machine can only make a round slower. */
const better = (a, b) => (a === null || (b !== null && b.ms < a.ms) ? b : a);

const columns = ["workload", "blas", "threads", "ms", "firstMs", "peakMiB", "pytorchMs", "pytorchMiB", "ratio", "gflops"];
const widths = [15, 8, 7, 9, 9, 9, 9, 10, 6, 7];
const show = (cells) =>
  cells.map((cell, index) => (index < 2 ? String(cell).padEnd(widths[index]) : String(cell).padStart(widths[index]))).join("  ");
const round = (value) => (value === null ? null : Number(value.toPrecision(4)));

const rows = [];
process.stdout.write(`${show(columns)}\n`);
for (const name of chosen) {
  const configurations = ["auto", "off"].flatMap((blas) => threadCounts.map((threads) => ({ blas, threads, result: null })));
  let pytorch = null;
  for (let turn = 0; turn < rounds; turn++) {
    for (const [index, configuration] of configurations.entries()) {
      configuration.result = better(configuration.result, ours(name, configuration.threads, configuration.blas));
      if (index < threadCounts.length) pytorch = better(pytorch, theirs(name, threadCounts[index]));
    }
  }
  for (const { blas, threads, result } of configurations) {
    if (result === null || (blas === "auto" && result.blas === "off")) continue;
    const row = {
      workload: name,
      blas: blas === "off" ? "off" : result.blas,
      threads,
      ms: round(result.ms),
      firstMs: round(result.firstMs),
      peakMiB: round(result.peakMiB),
      pytorchMs: round(pytorch?.ms ?? null),
      pytorchMiB: round(pytorch?.peakMiB ?? null),
      ratio: pytorch === null ? null : Number((pytorch.ms / result.ms).toFixed(2)),
      gflops: round(result.gflops),
    };
    rows.push(row);
    process.stdout.write(`${show(columns.map((column) => row[column] ?? "-"))}\n`);
  }
}
const json = option("json", "");
if (json !== "") writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
