/** Starts the session process: its helper thread first, which needs as long as the runtime does. */
import { MessageChannel, Worker } from "node:worker_threads";
import { compiledFile } from "../../package-root.js";
import { requireRuntime } from "../../runtime-script.js";
import type { HelperData } from "./bridge.js";
import { shared } from "./bridge.js";

// Ctrl-C in a terminal reaches every process of the group. What it means, the kernel process decides, and says so by message.
process.on("SIGINT", () => {});

const words = new Int32Array(new SharedArrayBuffer(shared.words * 4));
const answers = new MessageChannel();
const helper = new Worker(compiledFile("kernel/session/child/helper"), {
  workerData: { words: words.buffer, answers: answers.port2 } satisfies HelperData,
  transferList: [answers.port2],
  // The helper must outlive a main thread that runs out of memory only as long as it takes to say so.
  resourceLimits: {},
});
helper.unref();
// The process lives as long as the channel does; this keeps its loop running while no cell runs.
setInterval(() => {}, 2 ** 30);

const modules = {
  resolve: (specifier: string, parentUrl: string) => import.meta.resolve(specifier, parentUrl),
  load: (url: string) => import(url) as Promise<Record<string, unknown>>,
};
requireRuntime().startSession({ helper, words, answers: answers.port1, modules });
