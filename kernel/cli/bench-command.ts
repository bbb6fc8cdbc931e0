import { compile, engineInfo, matmul, randomNormal, zoo } from "../../std/index.js";
import type { Tensor } from "../../std/index.js";
import { LamellaError } from "../../std/errors.js";

/** Times a few things everybody knows, on this machine: products of matrices, and LeNet's answers. */
export async function benchCommand(args: readonly string[]): Promise<number> {
  if (args.length > 0) throw new LamellaError("bench takes no arguments");
  console.log(engineInfo().description);
  for (const n of [256, 512, 1024]) {
    const right = randomNormal([n, n], { seed: 2 });
    const product = compile((left: Tensor) => matmul(left, right));
    const left = randomNormal([n, n], { seed: 1 });
    const milliseconds = median(() => product(left));
    // A multiplication and an addition for each of n³ products.
    row(`matrix product ${n}x${n}x${n}`, milliseconds, `${((2 * n ** 3) / milliseconds / 1e6).toFixed(1)} GFLOP/s`);
    product.dispose();
  }
  const images = randomNormal([64, 28, 28, 1], { seed: 3 });
  const milliseconds = median(() => zoo.LeNet.predict(images));
  row("LeNet, 64 images", milliseconds, `${Math.round(64_000 / milliseconds)} images/s`);
  return 0;
}

function row(what: string, milliseconds: number, rate: string): void {
  console.log(`${what.padEnd(32)}${milliseconds.toFixed(2).padStart(10)} ms  ${rate}`);
}

/** Of as many runs as fit into half a second, at least five, after one that is not counted. */
function median(run: () => unknown): number {
  run();
  const times: number[] = [];
  for (const end = performance.now() + 500; performance.now() < end || times.length < 5;) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
}
