// Times one workload of ours in a process of its own: node measure.mjs WORKLOAD SECONDS '{"threads":2,"blas":"off"}' [BATCH [WIDTH DEPTH]]
// Prints one line of JSON. With --list it prints the plan, call by call; with --serve it answers as serve.mjs says.
import process from "node:process";
import { burst, serve } from "./serve.mjs";
import { engine, workloads } from "./workloads.mjs";

const [name, seconds, settings = "{}", ...sizes] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
engine.configureEngine(JSON.parse(settings));
const info = engine.engineInfo();
const before = process.resourceUsage().maxRSS;
const { graph, inputs, flops, model } = workloads[name](...sizes.map(Number));
model?.draw();

let plan = null;
function first() {
  plan = engine.executor().prepare(graph, { name });
  plan.run(inputs);
}
const step = () => void plan.run(inputs);
const facts = () => ({
  flops,
  planMiB: plan.peakBytes / 2 ** 20,
  blas: info.blas?.name ?? "off",
  products: info.blas?.name ?? info.native ?? "WebAssembly",
  simd: info.simd,
});

if (process.argv.includes("--serve")) await serve(first, step, facts);
else {
  const begun = performance.now();
  first();
  const firstMs = performance.now() - begun;
  // The workers come up in the meantime, as they do in a notebook.
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let i = 0; i < 3; i++) step();
  const together = (await burst(step, 0))[0] < 0.05 ? 20 : 1;
  const times = (await burst(step, Number(seconds) * 1000, together)).sort((a, b) => a - b);
  const ms = times[times.length >> 1];
  const peakMiB = (process.resourceUsage().maxRSS - before) / 1024;
  if (process.argv.includes("--list")) process.stdout.write(`${plan.plan.listing.join("\n")}\n`);
  process.stdout.write(`${JSON.stringify({ ms, bestMs: times[0], firstMs, peakMiB, gflops: flops / ms / 1e6, ...facts() })}\n`);
}
