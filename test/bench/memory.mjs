// Trains a large net of the library on random pictures, through the public interface, and says what it took:
// node test/bench/memory.mjs [AlexNet [BATCH [STEPS [SETTINGS]]]], for example VGG16 8 3 '{"threads":1}'
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const dist = process.env.LAMELLA_DIST ?? path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../dist");
const load = (file) => import(pathToFileURL(path.join(dist, file)).href);
const { configureEngine, MemoryDataset, sgd, train, zoo } = await load("std/index.js");

const [name = "AlexNet", batchText = "128", stepsText = "3", settings = "{}"] = process.argv.slice(2);
const [batch, epochs] = [Number(batchText), Number(stepsText)];
configureEngine(JSON.parse(settings));
const image = new Float32Array(batch * 224 * 224 * 3);
let state = 1;
for (let i = 0; i < image.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  image[i] = (state >>> 8) / 2 ** 23 - 1;
}
const label = Int32Array.from({ length: batch }, (_, index) => (index * 37) % 1000);
const columns = { image: { data: image, shape: [224, 224, 3] }, label: { data: label, shape: [] } };
const pictures = new MemoryDataset({
  name: "random pictures",
  columns,
  classes: Array.from({ length: 1000 }, (_, index) => String(index)),
});

const say = (text) => process.stdout.write(`${text}\n`);
const mib = () => Math.round(process.resourceUsage().maxRSS / 1024);
say(`${name}, batch ${batch}; ${mib()} MiB with the pictures`);
let last = performance.now();
await train(zoo[name], pictures, {
  batch,
  epochs,
  optimizer: sgd({ lr: 0.001, momentum: 0.9 }),
  seed: 1,
  view: false,
  onEvent: (event) => {
    const now = performance.now();
    const seconds = ((now - last) / 1000).toFixed(1);
    if (event.kind === "start") say(`planned in ${seconds} s: ${event.run.engine}`);
    if (event.kind === "step") say(`step ${event.step}: loss ${event.loss.toFixed(4)}, ${seconds} s, ${mib()} MiB at most`);
    if (event.kind === "start" || event.kind === "step") last = now;
  },
});
