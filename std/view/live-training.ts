import type { RunInfo, TrainingEvent, TrainingHistory } from "../train/events.js";
import { displaySink } from "./bundle.js";
import { newDisplayId } from "./show.js";
import { progressText, trainingCurve, type Progress } from "./training-curve.js";

/** Milliseconds between two updates of the picture, and between two progress lines. */
const updateInterval = 200;

const shownSince = { runs: new WeakSet<RunInfo>() };

/** Whether a value is the history of a run whose curve the page shows since `forgetShownRuns`: as a cell's result it would be there twice. */
export function isShownHistory(value: unknown): boolean {
  return typeof value === "object" && value !== null && "run" in value && shownSince.runs.has(value.run as RunInfo);
}

/** Before a cell: what an earlier one has shown may be asked for again. */
export function forgetShownRuns(): void {
  shownSince.runs = new WeakSet();
}

/** The end of a run that an error ended, beside the events of `fit`: what is drawn last must not depend on when it came. */
export interface TrainingFailure {
  readonly kind: "failed";
}

/**
 * Shows a training run while it goes: a curve that is updated in place at most five times a second, and a progress line
 * for the terminal. Gives the function that takes the run's events.
 *
 * What is written into the notebook is the last picture only, and no time is part of it.
 * @param now milliseconds; a test may turn the clock.
 */
export function liveTraining(run: RunInfo, now: () => number = () => performance.now()): (event: TrainingEvent | TrainingFailure) => void {
  const displayId = newDisplayId();
  const steps: TrainingHistory["steps"][number][] = [];
  const epochs: TrainingHistory["epochs"][number][] = [];
  let history: Progress = { run, steps, epochs, stopped: null };
  let shown = -Infinity;
  let started = now();
  let displayed = false;

  let interval = updateInterval;

  const draw = (): void => {
    const began = now();
    displaySink().display(trainingCurve(history, { interactive: history.stopped !== null }), { displayId, update: displayed });
    displayed = true;
    // A history of a million steps takes a while to draw: never more than a twentieth of the time goes to it.
    interval = Math.max(updateInterval, 20 * (now() - began));
    shown = now();
  };
  const report = (text: string): void => displaySink().progress?.(text);

  return (event) => {
    switch (event.kind) {
      case "start":
        history = { ...history, run: event.run };
        started = now();
        draw();
        break;
      case "step":
        steps.push({ step: event.step, epoch: event.epoch, loss: event.loss, learningRate: event.learningRate });
        if (!displayed) started = now();
        if (now() - shown < interval) return;
        draw();
        report(`${progressText(history)}${remaining(history, now() - started)}`);
        break;
      case "epoch":
        epochs.push({ epoch: event.epoch, metrics: event.metrics });
        // The step that follows draws it, unless there is none: the `stop` event then does.
        report(`${progressText(history)}${remaining(history, now() - started)}`);
        break;
      case "checkpoint":
        break;
      case "failed":
        history = { ...history, stopped: "failed" };
        draw();
        break;
      case "stop":
        history = { ...history, stopped: event.reason };
        shownSince.runs.add(history.run);
        draw();
        report(`${progressText(history)}  ${event.message}`);
        break;
    }
  };
}

/** ", 12 s left", once a step has been timed; for the terminal only. */
function remaining(history: Progress, elapsed: number): string {
  const { run, steps } = history;
  const total = run.epochs * run.stepsPerEpoch;
  const done = steps.at(-1)?.step ?? 0;
  if (done < 2 || done >= total) return "";
  const seconds = Math.round(((elapsed / done) * (total - done)) / 1000);
  return `, ${seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`} left`;
}
