// How long an abort takes to take effect: node test/bench/abort.mjs [WORKLOADS]. A step is stopped at several moments of its course;
// the table says the longest and the median time from the abort to the answer, beside the whole step.
import process from "node:process";
import { engine, workloads } from "./workloads.mjs";

const moments = 12;
const names = process.argv[2]?.split(",") ?? ["lenet", "cnn", "resnet18", "alexnet", "vgg16-forward", "lstm", "transformer", "unet"];
process.stdout.write("workload         step ms   longest   median  stopped\n");
for (const name of names) {
  const { graph, inputs } = workloads[name]();
  const plan = engine.executor().prepare(graph, { name });
  await plan.runAsync(inputs);
  let begun = performance.now();
  await plan.runAsync(inputs);
  const whole = performance.now() - begun;
  const waits = [];
  let stopped = 0;
  for (let moment = 0; moment < moments; moment++) {
    const controller = new AbortController();
    const running = plan.runAsync(inputs, { signal: controller.signal }).then(() => false, () => true); // prettier-ignore
    await new Promise((resolve) => setTimeout(resolve, (whole * moment) / moments));
    begun = performance.now();
    controller.abort();
    if (await running) stopped++;
    waits.push(performance.now() - begun);
  }
  waits.sort((a, b) => a - b);
  const cells = [whole, waits.at(-1), waits[moments >> 1]].map((value) => value.toFixed(1).padStart(8));
  process.stdout.write(`${name.padEnd(15)} ${cells.join("  ")}  ${stopped} of ${moments}\n`);
}
process.exit(0);
