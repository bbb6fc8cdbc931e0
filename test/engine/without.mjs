// Trains a small net with something missing (see without.test.ts) and prints the losses and what the engine says is lost.
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

if (process.argv[2] === "SharedArrayBuffer") delete globalThis.SharedArrayBuffer;
const library = path.resolve(import.meta.dirname, "../../dist/kernel/lamella.js");
const { digits, engineInfo, layers, sgd, train } = await import(pathToFileURL(library).href);
const { Small } = layers`net Small(image: 28x28x1) { conv 4, 5x5 | relu | maxpool 2x2 | flatten | dense 10 | softmax }`;
const { steps } = await train(Small, digits.train.subset(0, 128), {
  optimizer: sgd({ lr: 0.01 }),
  batch: 32,
  epochs: 1,
  seed: 1,
  view: false,
});
process.stdout.write(`${JSON.stringify({ losses: steps.map(({ loss }) => loss), info: engineInfo() })}\n`);
process.exit(0);
