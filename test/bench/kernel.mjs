// What a notebook feels of a kernel, beside tslab, Deno's kernel and ipykernel: time to kernel_info, to the first result, round
// trips, resident memory of all its processes. The kernels take turns, each round in fresh processes; medians are shown.
//
//   npm run build && node test/bench/kernel.mjs [--rounds 5] [--only lamella,deno]
import { parseArgs } from "node:util";
import { BenchClient } from "./kernel-client.mjs";
import { kernels } from "./kernel-peers.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" }, only: { type: "string" } } });
const rounds = Number(values.rounds);
const wanted = values.only?.split(",");

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function measure(kernel) {
  const client = new BenchClient();
  try {
    const began = performance.now();
    const info = await client.start(kernel);
    await client.connected();
    await client.execute("1+1");
    const first = performance.now() - began;
    // What a kernel still does in the background belongs to its start, not to its answers.
    await sleep(3_000);
    const idle = client.memory();
    const sum = [];
    for (let cell = 0; cell < 40; cell += 1) sum.push(await client.execute("1+1"));
    const declared = [];
    for (let cell = 0; cell < 40; cell += 1) declared.push(await client.execute(kernel.declare(cell)));
    const completed = [];
    const request = { code: kernel.member, cursor_pos: kernel.member.length };
    for (let asked = 0; asked < 15; asked += 1) completed.push(await client.time("complete_request", request));
    for (let cell = 0; cell < 40; cell += 1) await client.execute(`${cell}`);
    const after = client.memory();
    return { info, first, sum: median(sum), declared: median(declared), completed: median(completed), idle, after };
  } finally {
    await client.stop();
  }
}

const milliseconds = (value) => (value < 100 ? value.toFixed(1) : value.toFixed(0)) + " ms";
const mebibytes = (value) => `${value.toFixed(0)} MiB`;
/** Each figure: its heading, how it is written, and what we want of ours (ms). */
const columns = [
  ["info", "kernel_info", milliseconds, 500],
  ["first", "first result", milliseconds, 1_500],
  ["sum", "1+1", milliseconds, 6],
  ["declared", "declaration", milliseconds, 15],
  ["completed", "completion", milliseconds],
  ["idle", "idle", mebibytes],
  ["after", "after 120 cells", mebibytes],
];

const measured = kernels()
  .filter(({ name }) => wanted?.some((one) => name.startsWith(one)) ?? true)
  .map((kernel) => ({ ...kernel, runs: [] }));
for (let round = 0; round < rounds; round += 1) {
  for (const kernel of measured) {
    if (kernel.missing !== undefined) continue;
    try {
      kernel.runs.push(await measure(kernel));
    } catch (error) {
      kernel.missing = error.message;
    }
  }
  console.error(`round ${round + 1} of ${rounds}`);
}

const width = Math.max(...measured.map(({ name }) => name.length)) + 2;
const row = (name, cells) =>
  name.padEnd(width) + cells.map((cell, index) => cell.padStart(Math.max(columns[index][1].length, 8) + 3)).join("");
console.log(`\nmedians, rounds: ${rounds}; Node ${process.version}`);
console.log(
  row(
    "",
    columns.map(([, heading]) => heading),
  ),
);
for (const { name, missing, runs } of measured) {
  if (missing === undefined) {
    const cells = columns.map(([key, , write]) => write(median(runs.map((run) => run[key]))));
    console.log(row(name, cells));
  } else console.log(`${name.padEnd(width)}  ${missing}`);
}
console.log(
  row(
    "aim",
    columns.map(([, , , aim]) => (aim === undefined ? "" : milliseconds(aim))),
  ),
);
process.exit(0);
