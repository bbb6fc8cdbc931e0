// Times one workload of ours in a process of its own: node measure.mjs WORKLOAD SECONDS '{"threads":2,"blas":"off"}' [BATCH [WIDTH DEPTH]]
// Prints one line of JSON. With --list it prints the plan, call by call.
import process from "node:process";
import { engine, workloads } from "./workloads.mjs";

const [name, seconds, settings = "{}", ...sizes] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
engine.configureEngine(JSON.parse(settings));
const info = engine.engineInfo();
const { graph, inputs, flops } = workloads[name](...sizes.map(Number));
const before = process.resourceUsage().maxRSS;

const begun = performance.now();
const plan = engine.executor().prepare(graph, { name });
plan.run(inputs);
const firstMs = performance.now() - begun;

// The workers come up in the meantime, as they do in a notebook.
await new Promise((resolve) => setTimeout(resolve, 100));
for (let i = 0; i < 3; i++) plan.run(inputs);
const times = [];
for (const end = performance.now() + Number(seconds) * 1000; performance.now() < end || times.length < 3;) {
  // One reading of the clock around several steps where a step is shorter than its resolution deserves.
  const count = times.length > 0 && times[0] < 0.05 ? 20 : 1;
  const start = performance.now();
  for (let i = 0; i < count; i++) plan.run(inputs);
  times.push((performance.now() - start) / count);
}
times.sort((a, b) => a - b);
const ms = times[times.length >> 1];
const peakMiB = (process.resourceUsage().maxRSS - before) / 1024;
if (process.argv.includes("--list")) process.stdout.write(`${plan.plan.listing.join("\n")}\n`);
process.stdout.write(
  `${JSON.stringify({ ms, bestMs: times[0], firstMs, peakMiB, planMiB: plan.peakBytes / 2 ** 20, gflops: flops / ms / 1e6, blas: info.blas?.name ?? "off", simd: info.simd })}\n`,
);
