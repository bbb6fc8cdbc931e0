// What a measured process does: one first step, then bursts of steps whenever the table asks for one, so that the contenders of
// a row take turns. It speaks lines of JSON: a number (milliseconds) arrives, the times of a burst's steps go back.
import process from "node:process";
import readline from "node:readline";

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Steps for `budget` milliseconds, at least one; short steps are timed several at once, for the sake of the clock. */
export async function burst(step, budget, together = 1) {
  const times = [];
  for (const end = performance.now() + budget; performance.now() < end || times.length === 0;) {
    const start = performance.now();
    for (let i = 0; i < together; i++) {
      const unfinished = step();
      if (unfinished !== undefined) await unfinished;
    }
    times.push((performance.now() - start) / together);
  }
  return times;
}

/** Runs the first step, says what came of it and answers until the input ends. `facts` are added to what is said. */
export async function serve(first, step, facts = () => ({})) {
  const begun = performance.now();
  await first();
  const firstMs = performance.now() - begun;
  const peakMiB = () => process.resourceUsage().maxRSS / 1024;
  say({ firstMs, peakMiB: peakMiB(), ...facts() });
  let together = 1;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const times = await burst(step, Number(line), together);
    if (Math.min(...times) < 0.05) together = 20;
    say({ times, peakMiB: peakMiB(), ...facts() });
  }
}
