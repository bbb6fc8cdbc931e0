// How long an abort takes to take effect: node test/bench/abort.mjs [WORKLOADS [THREADS]], such as lenet,matmul:2048 2; a size after the
// colon is the batch. A step is stopped at several moments of its course, each tried three times, of which the best counts: what
// else the machine does is not to be measured. The table says the longest and the median time from the abort to the answer,
// beside the whole step and its longest kernel call, which an abort should not have to wait longer than.
import process from "node:process";
import { engine, workloads } from "./workloads.mjs";

const moments = 16;
const tries = 3;
/** What lies between a thread that stops and the answer here: a message, and a turn of the event loop. */
const messageMs = 2;
const everySize = "mlp-784-128-10:64,mlp-784-128-10:4096,matmul:512,matmul:2048,lenet:8,lenet:64,lenet:512,cnn:8,cnn:64,resnet18:16,alexnet:16,vgg16-forward:1,vgg16-forward:4,lstm:32,transformer:32,unet:4"; // prettier-ignore
const names = (process.argv[2] ?? everySize).split(",");
const threads = Number(process.argv[3] ?? 1);
engine.configureEngine({ threads });

/** The longest kernel call of a step in milliseconds, on one thread: of three runs the best, call by call. */
function longestCall(graph, inputs, name) {
  engine.configureEngine({ threads: 1 });
  process.env.LAMELLA_PROFILE = "1";
  const plan = engine.executor().prepare(graph, { name });
  delete process.env.LAMELLA_PROFILE;
  let least = [];
  for (let run = 0, before = []; run < 3; run++, before = [...plan.times]) {
    const begun = performance.now();
    plan.run(inputs);
    const whole = performance.now() - begun;
    const times = Array.from(plan.plan.listing, (_, call) => (plan.times[call] ?? 0) - (before[call] ?? 0));
    // The engine takes the time between calls: what is left of the run is the first one's.
    times[0] = Math.max(0, whole - times.reduce((sum, time) => sum + time, 0));
    least = run === 0 ? times : times.map((time, call) => Math.min(time, least[call]));
  }
  plan.dispose();
  engine.configureEngine({ threads });
  const call = least.reduce((longest, time, at) => (time > (least[longest] ?? 0) ? at : longest), 0);
  return { ms: least[call] ?? 0, call: plan.plan.listing[call] };
}

process.stdout.write("workload                step ms  longest call   longest    median  stopped  call\n");
let over = 0;
for (const entry of names) {
  const [name, ...sizes] = entry.split(":");
  const { graph, inputs } = workloads[name](...sizes.map(Number));
  const longest = longestCall(graph, inputs, name);
  const plan = engine.executor().prepare(graph, { name });
  await plan.runAsync(inputs);
  let whole = Infinity;
  for (let run = 0; run < 3; run++) {
    const begun = performance.now();
    await plan.runAsync(inputs);
    whole = Math.min(whole, performance.now() - begun);
  }
  const waits = [];
  let stopped = 0;
  for (let moment = 0; moment < moments; moment++) {
    let [best, inTime] = [Infinity, false];
    for (let attempt = 0; attempt < tries; attempt++) {
      const controller = new AbortController();
      const running = plan.runAsync(inputs, { signal: controller.signal }).then(() => false, () => true); // prettier-ignore
      await new Promise((resolve) => setTimeout(resolve, (whole * moment) / moments));
      const begun = performance.now();
      controller.abort();
      inTime = (await running) || inTime;
      best = Math.min(best, performance.now() - begun);
    }
    if (inTime) stopped++;
    waits.push(best);
  }
  plan.dispose();
  waits.sort((a, b) => a - b);
  const late = waits.at(-1) > longest.ms + messageMs;
  if (late) over++;
  const cells = [whole, longest.ms, waits.at(-1), waits[moments >> 1]].map((value) => value.toFixed(1).padStart(8));
  process.stdout.write(
    `${entry.padEnd(22)} ${cells.join("  ")}  ${stopped} of ${moments}${late ? "  LATE" : ""}  ${longest.call?.trim().slice(0, 60)}\n`,
  );
}
process.stdout.write(
  over === 0 ? `every abort took effect within one kernel call\n` : `${over} of ${names.length} waited for more than one kernel call\n`,
);
process.exit(0);
