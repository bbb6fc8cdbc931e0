// Memory over many training steps: node --expose-gc test/bench/leak.mjs [STEPS [WORKLOAD]]. Prints the resident size, less what V8's heap
// has free (it grows with how fast garbage is made, and shrinks when it pleases), as it goes; exits with 1 when the last fifth is more
// than 5 % above the second. Steps run as training runs them (asynchronously), every 500th plan is made anew.
import process from "node:process";
import { engine, workloads } from "./workloads.mjs";

const [steps = "10000", name = "lenet"] = process.argv.slice(2);
const count = Number(steps);
const { graph, inputs } = workloads[name](8);
let plan = engine.executor().prepare(graph, { name });
const sizes = [];
for (let step = 1; step <= count; step++) {
  await plan.runAsync(inputs);
  if (step % 500 === 0) {
    plan.dispose();
    plan = engine.executor().prepare(graph, { name });
  }
  if (step % Math.ceil(count / 50) !== 0) continue;
  globalThis.gc?.();
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  sizes.push((rss - heapTotal + heapUsed) / 2 ** 20);
  if (sizes.length % 5 === 0) process.stdout.write(`step ${step}: ${sizes.at(-1).toFixed(1)} MiB\n`);
}
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const fifth = Math.floor(sizes.length / 5);
const [early, late] = [mean(sizes.slice(fifth, 2 * fifth)), mean(sizes.slice(-fifth))];
const growth = 100 * (late / early - 1);
process.stdout.write(`${name}: ${count} steps, ${early.toFixed(1)} MiB early, ${late.toFixed(1)} MiB late: ${growth.toFixed(1)} %\n`);
process.exit(growth > 5 ? 1 : 0);
