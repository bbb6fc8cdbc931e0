/**
 * The helper thread of a session: it holds the channel to the kernel process, so that output flows and interrupts arrive while the
 * main thread computes, also in an endless loop.
 */
import { Session as InspectorSession } from "node:inspector";
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { encodeFrame, frameDecoder } from "../framing.js";
import type { FromSession, ToSession } from "../messages.js";
import type { HelperData, ToHelper, ToMain } from "./bridge.js";
import { shared } from "./bridge.js";

/** Output is sent on at most this often: 60 messages a second. */
const outputInterval = 17;
/** A main thread that has not answered an interrupt for this long is in a synchronous loop. */
const patience = 100;
/** One that has answered before is more likely waiting for the processor than looping. */
const patienceOnceAnswered = 400;
/** Training ends its step first; a large network's planning or first step may take a while. */
const patienceWithTraining = 5_000;

const { words: buffer, answers } = workerData as HelperData;
const words = new Int32Array(buffer);
if (parentPort === null) throw new Error("the helper of a session is a worker thread");
const main = parentPort;
const channel = new Socket({ fd: 3, readable: true, writable: true });
const debuggerOfMain = new InspectorSession();
debuggerOfMain.connectToMainThread();

let running = false;
/** The id of the last cell: an interrupt is for the cell that ran when it came. */
let cell = 0;
let request = 0;
let acknowledged = 0;
let blockingQuestion = false;

let pending: { name: "stdout" | "stderr"; parts: string[] } | undefined;
let lastOutput = 0;
let timer: NodeJS.Timeout | undefined;

channel.on(
  "data",
  frameDecoder<ToSession>((message) => {
    // From here on an interrupt is for this cell, also when the main thread has not got to it yet.
    if (message.type === "run") {
      running = true;
      cell = message.script.id;
    }
    if (message.type === "interrupt") void interrupt();
    else if (message.type === "answer" && words[shared.asking] === 1 && blockingQuestion) {
      blockingQuestion = false;
      answerBlocked(message.text);
    } else main.postMessage(message satisfies ToMain);
  }),
);
// The kernel process is gone: nobody is left to run cells for.
channel.on("close", () => process.kill(process.pid, "SIGKILL"));
channel.on("error", () => process.kill(process.pid, "SIGKILL"));

main.on("message", (message: ToHelper) => {
  switch (message.type) {
    case "acknowledge":
      acknowledged = message.request;
      return;
    case "flush":
      flushOutput();
      // What is written to a pipe is in the system's hands once the callback has run.
      channel.write("", () => {
        Atomics.add(words, shared.flushed, 1);
        Atomics.notify(words, shared.flushed);
      });
      return;
    case "output":
      if (message.output.kind === "stream") {
        collect(message.output.name, message.output.text);
        return;
      }
      flushOutput();
      send(message);
      return;
    case "ask":
      blockingQuestion = words[shared.asking] === 1;
      flushOutput();
      send(message);
      return;
    case "done":
      running = false;
      flushOutput();
      send(message);
      return;
    case "ready":
    case "exit":
    case "comm":
      flushOutput();
      send(message);
  }
});

function send(message: FromSession): void {
  channel.write(encodeFrame(message));
}

/** Texts of one stream that come close together become one message. */
function collect(name: "stdout" | "stderr", text: string): void {
  if (pending !== undefined && pending.name !== name) flushOutput();
  pending ??= { name, parts: [] };
  pending.parts.push(text);
  if (timer !== undefined) return;
  timer = setTimeout(flushOutput, Math.max(0, lastOutput + outputInterval - Date.now()));
}

function flushOutput(): void {
  clearTimeout(timer);
  timer = undefined;
  if (pending === undefined) return;
  const { name, parts } = pending;
  pending = undefined;
  lastOutput = Date.now();
  send({ type: "output", output: { kind: "stream", name, text: parts.join("") } });
}

function answerBlocked(text: string | null): void {
  answers.postMessage(text);
  Atomics.add(words, shared.answers, 1);
  Atomics.notify(words, shared.answers);
}

/** Answers the question that holds the main thread up, if there is one. */
function refuseQuestion(): boolean {
  if (words[shared.asking] !== 1 || !blockingQuestion) return false;
  blockingQuestion = false;
  answerBlocked(null);
  return true;
}

/** Asks the main thread to stop its cell; terminates its JavaScript when it does not answer. Repeats until the cell has ended. */
async function interrupt(): Promise<void> {
  if (!running) return;
  request += 1;
  const mine = request;
  const interrupted = cell;
  const still = (): boolean => running && cell === interrupted && mine === request;
  let hasAnswered = false;
  for (let attempt = 0; still(); attempt += 1) {
    main.postMessage({ type: "interrupt", request: mine } satisfies ToMain);
    const limit = (words[shared.interruptible] ?? 0) > 0 ? patienceWithTraining : hasAnswered ? patienceOnceAnswered : patience;
    const answer = await answered(mine, limit, still);
    hasAnswered ||= answer;
    if (!answer && still() && words[shared.loaded] === 1 && words[shared.asking] === 0) {
      await terminate();
      main.postMessage({ type: "terminated", id: interrupted } satisfies ToMain);
    }
    // The cell may catch the interrupt and loop on: look again.
    await sleep(attempt < 10 ? 100 : 1_000);
    acknowledged = 0;
  }
}

async function answered(expected: number, limit: number, still: () => boolean): Promise<boolean> {
  let end = Date.now() + limit;
  while (acknowledged !== expected && still() && Date.now() < end) {
    // A question may be on its way to us when the interrupt comes. The main thread that it held up has to wake and to throw, and
    // terminating it while the inspector takes what was thrown would end the process.
    if (refuseQuestion()) end = Date.now() + patienceOnceAnswered;
    await sleep(3);
  }
  return acknowledged === expected;
}

function terminate(): Promise<void> {
  return new Promise((resolve) => {
    debuggerOfMain.post("Runtime.terminateExecution", () => resolve());
    // The answer comes only once some JavaScript was stopped.
    setTimeout(resolve, 500);
  });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
