import type { FlowType } from "../../std/layers/definition.js";
import type { Network, SummaryRow } from "../../std/network/network.js";
import { tensor, type Tensor } from "../../std/tensor/tensor.js";
import type { TrainingEvent, TrainingHistory } from "../../std/train/events.js";

/** Values for the views' tests that need neither the engine nor the language: what matters here is how they are shown. */
export function flow(...shape: (number | string)[]): FlowType {
  return { shape: shape.map((dim) => (typeof dim === "number" ? dim : { text: dim })), dtype: "f32" };
}

export function row(text: string, output: FlowType, parts: Partial<SummaryRow> = {}): SummaryRow {
  return { label: "", text, path: [], output, parameters: 0, claims: [], notes: [], layers: [], ...parts };
}

const holds = (text: string) => ({ text, holds: true });

/** Only what a table reads; a net that runs comes from the layer language. */
export function networkOf(name: string, rows: readonly SummaryRow[], input: FlowType = flow(28, 28, 1)): Network {
  const shown: Partial<Network> = {
    kind: "network",
    name,
    inputs: [{ name: "image", type: input }],
    outputs: [{ name: "out", type: rows.at(-1)?.output ?? input }],
    rows,
    parameterCount: rows.reduce((sum, { parameters }) => sum + parameters, 0),
  };
  return shown as Network;
}

export const leNet = networkOf("LeNet", [
  row("conv 6, 5x5, pad=2 | tanh", flow(28, 28, 6), { label: "c1", parameters: 156, claims: [holds("28x28x6")] }),
  row("avgpool 2x2", flow(14, 14, 6), { label: "s2", claims: [holds("14x14x6")] }),
  row("conv 16, 5x5 | tanh", flow(10, 10, 16), { label: "c3", parameters: 2416, claims: [holds("10x10x16"), holds("2416 params")] }),
  row("avgpool 2x2", flow(5, 5, 16), { label: "s4", claims: [{ text: "?", holds: null }] }),
  row("flatten", flow(400), { claims: [holds("400")] }),
  row("dense 120 | tanh", flow(120), { label: "f5", parameters: 48120 }),
  row("dense 84 | tanh", flow(84), { label: "f6", parameters: 10164 }),
  row("dense 10 | softmax", flow(10), { parameters: 850 }),
]);

export const wrongClaims = networkOf(
  "AlexNet",
  [
    row("conv 96, 11x11, stride=4 | relu | lrn", flow(54, 54, 96), {
      label: "conv1",
      parameters: 34944,
      claims: [{ text: "55x55x96", holds: false }, holds("34944 params")],
      notes: ["(224 - 11)/4 + 1 = 54.25 does not divide evenly: the last 1 column is not read"],
    }),
    row("conv 256, 5x5, pad=2, groups=2 | relu", flow(26, 26, 256), {
      label: "conv2",
      parameters: 307456,
      claims: [holds("26x26x256"), { text: "614656 params", holds: false }],
    }),
  ],
  flow(224, 224, 3),
);

export const nested = networkOf(
  "ResNet",
  [
    row("conv 64, 7x7, stride=2, pad=3, bias=false | bn | relu", flow(112, 112, 64), { parameters: 9536 }),
    row("repeat 2", flow(28, 28, 128), { label: "stage", parameters: 517632 }),
    ...[64, 128].flatMap((channels, stage) => {
      const outer = [`stage[${stage}]`];
      const size = 56 / (stage + 1);
      const parameters = channels === 64 ? 36992 : 73856 + 73728;
      const output = flow(size, size, channels);
      const block = (path: readonly string[]): SummaryRow[] => [
        row(`Basic ${channels}`, output, { path, parameters: 2 * parameters }),
        row("shortcut", output, { path: [...path, "Basic"], label: "skip" }),
        row(`conv ${channels}, 3x3, pad=1, bias=false | bn | relu`, output, { path: [...path, "Basic"], parameters }),
        row(`conv ${channels}, 3x3, pad=1, bias=false | bn`, output, { path: [...path, "Basic"], parameters }),
        row("add skip | relu", output, { path: [...path, "Basic"] }),
      ];
      return [
        row("repeat 3", output, { path: outer, parameters: 6 * parameters }),
        ...[0, 1, 2].flatMap((repetition) => block([...outer, `repeat[${repetition}]`])),
        row("maxpool 2x2", output, { path: outer, label: "pool" }),
      ];
    }),
    row("dense classes | softmax", flow("T", 1000), { parameters: 513000 }),
  ],
  flow(224, 224, 3),
);

/** A pattern of tones and edges that stands for a photograph or a digit; values from 0 to 1. */
export function pictures(count: number, height: number, width: number, channels: number): Tensor {
  const values = new Float32Array(count * height * width * channels);
  let next = 0;
  for (let image = 0; image < count; image++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let channel = 0; channel < channels; channel++) {
          const radius = Math.hypot(y / height - 0.5, x / width - 0.5);
          const ring = Math.abs(radius - 0.15 - 0.02 * (image % 10)) < 0.06 ? 1 : 0;
          values[next++] = Math.min(
            1,
            ring * (channels === 3 ? ([0.9, 0.5 + (image % 5) / 10, 0.2][channel] ?? 0) : 1) + (x / width) * 0.2 + channel * 0.02,
          );
        }
      }
    }
  }
  return tensor(values, { shape: [count, height, width, channels] });
}

/** The events of a run whose loss falls as 2.3/(1 + step/20) with a fixed ripple. */
export function* trainingEvents(epochs = 3, stepsPerEpoch = 125): Generator<TrainingEvent> {
  const run = {
    network: "LeNet",
    parameterCount: 61706,
    examples: 8000,
    validation: 2000,
    epochs,
    stepsPerEpoch,
    seed: 1,
    engine: "wasm SIMD, 2 threads",
  };
  yield { kind: "start", run };
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let index = 1; index <= stepsPerEpoch; index++) {
      const step = (epoch - 1) * stepsPerEpoch + index;
      yield { kind: "step", step, epoch, loss: lossAt(step), learningRate: 0.001 };
    }
    const loss = lossAt(epoch * stepsPerEpoch);
    yield { kind: "epoch", epoch, metrics: { loss, accuracy: 1 - loss / 3, val_loss: loss * 1.3 + 0.02, val_accuracy: 1 - loss / 2.5 } };
  }
  yield { kind: "stop", reason: "finished", message: "finished" };
}

function lossAt(step: number): number {
  return (2.3 / (1 + step / 20)) * (1 + 0.25 * Math.sin(step * 1.7) * Math.sin(step * 0.31));
}

export function historyOf(events: Iterable<TrainingEvent>): TrainingHistory {
  const steps: TrainingHistory["steps"][number][] = [];
  const epochs: TrainingHistory["epochs"][number][] = [];
  let run: TrainingHistory["run"] | null = null;
  let stopped: TrainingHistory["stopped"] = "interrupted";
  for (const event of events) {
    if (event.kind === "start") run = event.run;
    else if (event.kind === "step") steps.push(event);
    else if (event.kind === "epoch") epochs.push(event);
    else if (event.kind === "stop") stopped = event.reason;
  }
  if (run === null) throw new Error("a run begins with start");
  return { run, steps, epochs, stopped };
}
