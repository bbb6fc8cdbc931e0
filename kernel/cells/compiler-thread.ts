/** The thread that compiles: type checking blocks it for up to a second, the kernel's sockets never. */
import { parentPort, workerData } from "node:worker_threads";
import { CellCompiler } from "./cell-compiler.js";
import type { CompilerAnswer, CompilerRequest } from "./messages.js";

const { directory } = workerData as { directory: string };
const compiler = new CellCompiler(directory);
if (parentPort === null) throw new Error("the compiler is a worker thread");
const port = parentPort;

/** Requests are answered in their order, also where one waits for the layer language. */
let last: Promise<void> = Promise.resolve();

port.on("message", (request: CompilerRequest) => {
  clearTimeout(idle);
  last = last.then(() => answer(request));
});

async function answer(request: CompilerRequest): Promise<void> {
  let result: CompilerAnswer;
  try {
    if (compiler.lacksLayers((request.argument as { source?: string }).source)) await compiler.loadLayers();
    const call = compiler[request.call].bind(compiler) as (argument: unknown) => unknown;
    result = { id: request.id, value: call(request.argument) };
  } catch (error) {
    result = { id: request.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(result);
  rehearseWhenIdle();
}

/** A small cell takes 100 ms when it is the first and 7 ms when it is the tenth: let the first nine be ours. */
const rehearsals = 12;
let rehearsed = 0;
let idle: NodeJS.Timeout | undefined;

function rehearseWhenIdle(): void {
  clearTimeout(idle);
  if (rehearsed >= rehearsals) return;
  idle = setTimeout(() => {
    last = last.then(async () => {
      // The layer language comes once the first TypeScript has been answered, before a cell asks for it.
      await compiler.loadLayers();
      compiler.rehearse(rehearsed);
      rehearsed += 1;
      rehearseWhenIdle();
    });
  }, 60);
}
