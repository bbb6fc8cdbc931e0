// Speed of single kernels on one thread, in GFLOP/s: node test/bench/kernels.mjs [simd|relaxed] [name]
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const [build = "simd", only = ""] = process.argv.slice(2);
if (build === "relaxed" && process.versions.v8.startsWith("11.")) setFlagsFromString("--experimental-wasm-relaxed-simd");
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const memory = new WebAssembly.Memory({ initial: 16384, maximum: 65536, shared: true });
const module = new WebAssembly.Module(readFileSync(path.join(root, `dist/kernels/lamella.${build}.wasm`)));
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
const numbers = new Float32Array(memory.buffer);
for (let i = 0; i < numbers.length; i++) numbers[i] = ((i * 7919) % 1000) / 1000 - 0.5;
const [a, b, c, scratch] = [0x100000, 0x10000000, 0x20000000, 0x38000000];

/** Best time of a call in milliseconds: the machine may be shared, and the best is what the kernel can do. */
function best(run) {
  const end = performance.now() + 1500;
  let fastest = Infinity;
  for (let calls = 0; calls < 5 || performance.now() < end; calls++) {
    const start = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - start);
    if (calls > 3 && performance.now() > end) break;
  }
  return fastest;
}

function report(name, flops, run) {
  if (!name.includes(only)) return;
  const milliseconds = best(run);
  console.log(
    `${name.padEnd(46)} ${milliseconds.toFixed(3).padStart(9)} ms ${(flops / milliseconds / 1e6).toFixed(1).padStart(7)} GFLOP/s`,
  );
}

for (const [m, n, k, flags] of [
  [64, 128, 784, 0],
  [784, 128, 64, 2],
  [64, 784, 128, 4],
  [512, 512, 512, 0],
  [512, 512, 512, 4],
  [16, 4096, 9216, 0],
  [16, 9216, 4096, 4],
  [9216, 4096, 16, 2],
  [640, 512, 64, 0],
  [32, 512, 128, 0],
]) {
  report(`matmul ${m}x${n}x${k} flags ${flags}`, 2 * m * n * k, () => {
    kernels.matmul(a, b, c, m, n, k, flags & 2 ? m : k, flags & 4 ? k : n, n, flags, 0, 0, 0, 1, 0, 0, 0, scratch, 0, 1);
  });
}

const layers = {
  "LeNet conv1": [64, 32, 1, 6, 5, 1],
  "LeNet conv2": [64, 14, 6, 16, 5, 1],
  "CNN conv1": [64, 30, 1, 32, 3, 1],
  "CNN conv2": [64, 28, 32, 64, 3, 1],
  "AlexNet conv1": [16, 227, 3, 96, 11, 4],
  "AlexNet conv2": [16, 31, 96, 256, 5, 1],
  "AlexNet conv3": [16, 15, 256, 384, 3, 1],
  "ResNet 64": [16, 34, 64, 64, 3, 1],
  "ResNet 64-128 /2": [16, 34, 64, 128, 3, 2],
  "ResNet 512": [16, 6, 512, 512, 3, 1],
  "VGG conv1": [4, 226, 3, 64, 3, 1],
  "U-Net 16": [4, 130, 16, 16, 3, 1],
};
for (const [name, [batch, size, channels, filters, kernel, stride]] of Object.entries(layers)) {
  const out = Math.floor((size - kernel) / stride) + 1;
  const flops = 2 * batch * out * out * filters * channels * kernel * kernel;
  const image = [batch, 1, size, size, channels];
  const result = [1, out, out, filters];
  const settings = [1, kernel, kernel, 1, stride, stride, 1, 1, 1];
  report(`${name} forward`, flops, () => kernels.convolution(a, b, c, 0, 0, 0, ...image, ...result, ...settings, 1, scratch, 0, 1));
  report(`${name} weights`, flops, () => kernels.convolutionWeightGradient(a, b, c, ...image, ...result, ...settings, 1, scratch, 0, 1));
  const lead = Math.floor((kernel - 1) / stride);
  const padded = out + 2 * lead + 1;
  report(`${name} input`, flops, () => {
    kernels.convolutionInputGradient(
      a,
      b,
      c,
      0,
      0,
      batch,
      1,
      padded,
      padded,
      filters,
      1,
      size,
      size,
      channels,
      ...settings,
      0,
      0,
      0,
      0,
      lead,
      lead,
      1,
      scratch,
      0,
      1,
    );
  });
}
