// One process that is measured: it starts, does its first step, and gives the times of a burst of steps when it is asked.
import { spawn } from "node:child_process";
import process from "node:process";
import readline from "node:readline";

/** What a machine may be set to use in place of the kernels that OpenBLAS picks for it: no contender shall be held to it. */
export const heldBack = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"].filter((name) => process.env[name] !== undefined);

const ownKernels = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !heldBack.includes(name)));

export class Contender {
  times = [];
  firstMs = null;
  peakMiB = 0;
  facts = {};
  /** Why it gave no time, or "". */
  failure = "";
  #child;
  #answers;
  #complaint = "";

  /**
   * @param label who it is, for messages
   * @param limitMs how long one answer may take
   */
  constructor(label, command, args, { environment = {}, limitMs = 300_000 } = {}) {
    this.label = label;
    this.command = command;
    this.args = args;
    this.environment = environment;
    this.limitMs = limitMs;
  }

  get running() {
    return this.#child !== undefined && this.failure === "";
  }

  /** Its median step in milliseconds; null where it has none. */
  get ms() {
    if (this.times.length === 0) return null;
    return this.times.toSorted((a, b) => a - b)[this.times.length >> 1];
  }

  /** Starts it and waits for its first step. */
  async start() {
    this.#child = spawn(this.command, this.args, { env: { ...ownKernels(), ...this.environment }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {}); // it has ended: the answer that does not come says so
    this.#child.stderr.on("data", (text) => (this.#complaint = `${this.#complaint}${text}`.slice(-4000)));
    this.#child.on("error", (error) => (this.#complaint = error.message));
    this.#answers = readline.createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    const answer = await this.#answer("its first step");
    if (answer !== null) this.firstMs = answer.firstMs;
  }

  /** A burst of steps; its times are kept unless it is for warming up. */
  async burst(milliseconds, keep = true) {
    if (!this.running) return;
    this.#child.stdin.write(`${milliseconds}\n`);
    const answer = await this.#answer("a step");
    if (answer !== null && keep) this.times.push(...answer.times);
  }

  /** Ends it; what it gave stays. */
  end() {
    this.#child?.stdin.end();
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  async #answer(what) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, this.limitMs, "late")));
    const line = await Promise.race([this.#answers.next(), late]);
    clearTimeout(timer);
    if (line !== "late" && !line.done) {
      const answer = JSON.parse(line.value);
      this.facts = { ...this.facts, ...answer };
      this.peakMiB = answer.peakMiB ?? 0;
      return answer;
    }
    this.failure = line === "late" ? `${what} takes more than ${this.limitMs / 1000} s` : this.#reason();
    this.end();
    return null;
  }

  /** The line of its complaint that says what went wrong. */
  #reason() {
    const lines = this.#complaint.split("\n").map((line) => line.trim());
    return lines.findLast((line) => /^(\w*Error|.*ENOENT)/.test(line)) ?? (lines.find((line) => line !== "") || "it ended without a word");
  }
}
