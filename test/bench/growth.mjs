// How the time of a training step grows with batch, width and depth, ours and PyTorch's: node test/bench/growth.mjs [OUT.svg]
// Prints a table, and with a path draws it. Both sides take turns; PyTorch is the better of its versions and thread counts. The net is a multilayer perceptron on 784 numbers with ten classes, Adam.
import { writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Contender } from "./contender.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
const dist = process.env.LAMELLA_DIST ?? path.resolve(folder, "../../dist");
const python = process.env.PYTHON ?? (process.platform === "win32" ? "python" : "/usr/bin/python3");
const interpreters = [python, process.env.PYTHON_TORCH2].filter((name) => name !== undefined && name !== "");
const name = "mlp-784-128-10";
const [rounds, burstMs] = [3, 100];

const sweeps = {
  batch: [16, 32, 64, 128, 256, 512].map((batch) => [batch, batch, 128, 1]),
  width: [32, 64, 128, 256, 512, 1024].map((width) => [width, 64, width, 1]),
  depth: [1, 2, 4, 8, 16].map((depth) => [depth, 64, 128, depth]),
};

/** The medians of ours and of the fastest PyTorch there is; NaN where there is none. */
async function measure(sizes) {
  const texts = sizes.map(String);
  const ours = new Contender("ours", process.execPath, [path.join(folder, "measure.mjs"), "--serve", name, "0", "{}", ...texts]);
  const theirs = interpreters.flatMap((interpreter) =>
    [1, 2].map(
      (threads) =>
        new Contender("PyTorch", interpreter, [path.join(folder, "pytorch_bench.py"), "--serve", name, String(threads), "0", ...texts]),
    ),
  );
  const all = [ours, ...theirs];
  for (const contender of all) {
    await contender.start();
    await contender.burst(burstMs, false);
  }
  for (let turn = 0; turn < rounds; turn++) for (const contender of all) await contender.burst(burstMs);
  for (const contender of all) contender.end();
  const fastest = Math.min(...theirs.map(({ ms }) => ms ?? Infinity));
  return [ours.ms ?? NaN, fastest === Infinity ? NaN : fastest];
}

/** What stays the same while the other grows. */
const fixed = { batch: "128 wide, 1 hidden layer", width: "batch 64, 1 hidden layer", depth: "batch 64, 128 wide" };

/** Logarithmic axes: doublings are equally far apart, and time in proportion is a line of slope 1. */
const doublings = (values) => ({
  minimum: Math.log2(values[0]),
  maximum: Math.log2(values.at(-1)),
  ticks: values.map((value) => ({ value: Math.log2(value), label: String(value) })),
});
function decades(values) {
  const marks = [-2, -1, 0, 1, 2, 3, 4].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
  const below = marks.findLastIndex((mark) => mark <= Math.min(...values));
  const above = marks.findIndex((mark) => mark >= Math.max(...values));
  return doublings(marks.slice(below, above + 1).map((mark) => Number(mark.toPrecision(1))));
}

const measured = {};
const drawings = [];
const { lineChart, sideBySide } = await import(pathToFileURL(path.join(dist, "std/view/chart/line-chart.js")).href);
const { svgDocument } = await import(pathToFileURL(path.join(dist, "std/view/picture.js")).href);
process.stdout.write("grows   value   ours ms   PyTorch ms   ratio\n");
for (const [what, points] of Object.entries(sweeps)) {
  const ours = [];
  const theirs = [];
  for (const [value, ...sizes] of points) {
    const [a, b] = await measure(sizes);
    ours.push(a);
    theirs.push(b);
    process.stdout.write(
      `${what.padEnd(6)}  ${String(value).padStart(5)}  ${a.toFixed(3).padStart(8)}  ${b.toFixed(3).padStart(11)}  ${(b / a).toFixed(2).padStart(6)}\n`,
    );
  }
  measured[what] = { x: points.map(([value]) => value), ours, theirs };
}
const everyTime = Object.values(measured).flatMap(({ ours, theirs }) => [...ours, ...theirs].filter(Number.isFinite));
for (const [what, { x, ours, theirs }] of Object.entries(measured)) {
  const line = (name, times, style) => ({ name, x: x.map(Math.log2), y: times.map(Math.log2), dots: true, ...style });
  const series = [line("Lamella", ours), ...(theirs.some(Number.isNaN) ? [] : [line("PyTorch", theirs, { dashed: true })])];
  // One vertical axis for all three, so that they can be compared.
  const axes = { xAxis: doublings(x), yAxis: decades(everyTime) };
  drawings.push(lineChart(series, { width: 310, height: 260, xLabel: `${what} (${fixed[what]})`, yLabel: "ms a step", ...axes }));
}
const out = process.argv[2];
if (out !== undefined) writeFileSync(out, svgDocument(sideBySide(drawings, { maximum: 980 })));
