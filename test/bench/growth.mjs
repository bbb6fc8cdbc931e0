// How the time of a training step grows with batch, width and depth, ours and PyTorch's: node test/bench/growth.mjs [OUT.svg]
// Prints a table; with a path it also draws it. The net is a multilayer perceptron on 784 numbers with ten classes, Adam.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = path.dirname(fileURLToPath(import.meta.url));
const dist = process.env.LAMELLA_DIST ?? path.resolve(folder, "../../dist");
const python = process.env.PYTHON ?? (process.platform === "win32" ? "python" : "/usr/bin/python3");
const seconds = "0.5";
const name = "mlp-784-128-10";

const sweeps = {
  batch: [16, 32, 64, 128, 256, 512].map((batch) => [batch, batch, 128, 1]),
  width: [32, 64, 128, 256, 512, 1024].map((width) => [width, 64, width, 1]),
  depth: [1, 2, 4, 8, 16].map((depth) => [depth, 64, 128, depth]),
};

function milliseconds(command, args) {
  const { stdout, status } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? JSON.parse(stdout.trim().split("\n").at(-1)).ms : NaN;
}

const drawings = [];
const { lineChart, sideBySide } = await import(pathToFileURL(path.join(dist, "std/view/chart/line-chart.js")).href);
const { svgDocument } = await import(pathToFileURL(path.join(dist, "std/view/picture.js")).href);
process.stdout.write("grows   value   ours ms   PyTorch ms   ratio\n");
for (const [what, points] of Object.entries(sweeps)) {
  const ours = [];
  const theirs = [];
  for (const [value, ...sizes] of points) {
    ours.push(milliseconds(process.execPath, [path.join(folder, "measure.mjs"), name, seconds, "{}", ...sizes.map(String)]));
    const pytorch = [1, 2].map((threads) =>
      milliseconds(python, [path.join(folder, "pytorch_bench.py"), name, String(threads), seconds, ...sizes.map(String)]),
    );
    theirs.push(Math.min(...pytorch.filter((time) => !Number.isNaN(time)), Infinity));
    const [a, b] = [ours.at(-1), theirs.at(-1)];
    process.stdout.write(
      `${what.padEnd(6)}  ${String(value).padStart(5)}  ${a.toFixed(3).padStart(8)}  ${b.toFixed(3).padStart(11)}  ${(b / a).toFixed(2).padStart(6)}\n`,
    );
  }
  const x = points.map(([value]) => value);
  const series = [
    { name: "Lamella", x, y: ours, dots: true },
    { name: "PyTorch", x, y: theirs, dots: true, dashed: true },
  ];
  drawings.push(lineChart(series, { xLabel: what, yLabel: "ms a step" }));
}
const out = process.argv[2];
if (out !== undefined) writeFileSync(out, svgDocument(sideBySide(drawings)));
