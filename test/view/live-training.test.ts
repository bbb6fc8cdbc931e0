import { afterEach, expect, test } from "vitest";
import { displaySink, liveTraining, setDisplaySink, type DisplaySink, type MimeBundle } from "../../std/view/index.js";
import { panelsOf, trainingCurve } from "../../std/view/training-curve.js";
import * as examples from "./examples.js";

const before = displaySink();
afterEach(() => setDisplaySink(before));

interface Shown {
  readonly bundle: MimeBundle;
  readonly displayId: string | undefined;
  readonly update: boolean | undefined;
}

function record(): { shown: Shown[]; progress: string[]; sink: DisplaySink } {
  const shown: Shown[] = [];
  const progress: string[] = [];
  return {
    shown,
    progress,
    sink: {
      display: (bundle, options) => shown.push({ bundle, displayId: options?.displayId, update: options?.update }),
      progress: (text) => progress.push(text),
    },
  };
}

/** Runs the events at `perStep` milliseconds a step. */
function play(perStep: number) {
  const recorded = record();
  setDisplaySink(recorded.sink);
  let clock = 0;
  const events = [...examples.trainingEvents()];
  const first = events[0];
  if (first?.kind !== "start") throw new Error("a run begins with start");
  const listen = liveTraining(first.run, () => clock);
  for (const event of events) {
    if (event.kind === "step") clock += perStep;
    listen(event);
  }
  return { ...recorded, seconds: clock / 1000 };
}

test("one display, updated in place at most five times a second", () => {
  const { shown, seconds } = play(10);
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.length).toBeLessThanOrEqual(seconds * 5 + 2);
  expect(shown.map(({ update }) => update)).toEqual([false, ...new Array<boolean>(shown.length - 1).fill(true)]);
  expect(new Set(shown.map(({ displayId }) => displayId)).size).toBe(1);
  expect(play(10).shown[0]?.displayId).not.toBe(shown[0]?.displayId);
});

test("what stays in the notebook does not depend on how fast it ran", () => {
  const [slow, fast] = [play(400), play(1)].map(({ shown }) => shown.at(-1)?.bundle);
  expect(slow).toEqual(fast);
  expect(slow).toEqual(trainingCurve(examples.historyOf(examples.trainingEvents()), { interactive: true }));
});

test("progress for the terminal", () => {
  const { progress } = play(100);
  // 2.3/1.1 (1 + 0.25 sin 3.4 sin 0.62) = 2.01; 373 steps of 0.1 s are to come.
  expect(progress[0]).toBe("epoch 1/3 step 2/125  loss 2.01, 37 s left");
  expect(progress.at(-1)).toBe(
    "epoch 3/3 step 125/125  loss 0.116  accuracy 0.961  validation loss 0.171  validation accuracy 0.953  finished",
  );
  expect(progress).toContainEqual(expect.stringMatching(/^epoch 2\/3 step \d+\/125 {2}loss [\d.]+ {2}accuracy 0.915/));
});

test("a picture is small enough to be sent five times a second", () => {
  for (const { bundle } of play(100).shown) expect(JSON.stringify(bundle).length).toBeLessThan(60_000);
});

test("a run that never takes a step ends with a picture that says so", () => {
  const recorded = record();
  setDisplaySink(recorded.sink);
  const [start] = examples.trainingEvents();
  if (start?.kind !== "start") throw new Error("a run begins with start");
  const listen = liveTraining(start.run);
  listen(start);
  listen({ kind: "stop", reason: "interrupted", message: "interrupted" });
  expect(recorded.shown.at(-1)?.bundle["text/plain"]).toContain("interrupted after 0 epochs, 0 steps; the weights reached are kept");
});

test("a run that an error ends draws what it reached, however fast it was", () => {
  const last = [400, 1].map((perStep) => {
    const recorded = record();
    setDisplaySink(recorded.sink);
    let clock = 0;
    const events = [...examples.trainingEvents()];
    const first = events[0];
    if (first?.kind !== "start") throw new Error("a run begins with start");
    const listen = liveTraining(first.run, () => clock);
    for (const event of events.slice(0, 61)) {
      clock += perStep;
      listen(event);
    }
    listen({ kind: "failed" });
    return recorded.shown.at(-1)?.bundle;
  });
  expect(last[0]).toEqual(last[1]);
  expect(last[0]?.["text/plain"]).toContain("LeNet: failed after 0 epochs, 60 steps");
});

test.each([
  [30, 3, 30],
  [100_000, 3, 50],
  [100_000, 70, 100],
  [120, 115, 120],
])("of %i epochs, the live curve after %i has room for %i", (planned, reached, room) => {
  const { run, steps, epochs } = examples.historyOf(examples.trainingEvents(reached, 2));
  const panels = panelsOf({ run: { ...run, epochs: planned }, steps, epochs, stopped: null });
  expect(panels[0]?.options.xRange).toEqual([0, room]);
});
