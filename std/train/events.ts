/** What a training run tells while it goes; views and the terminal subscribe. */
export type TrainingEvent =
  | { readonly kind: "start"; readonly run: RunInfo }
  | { readonly kind: "step"; readonly step: number; readonly epoch: number; readonly loss: number; readonly learningRate: number }
  | { readonly kind: "epoch"; readonly epoch: number; readonly metrics: Readonly<Record<string, number>> }
  | { readonly kind: "checkpoint"; readonly epoch: number; readonly path: string }
  | { readonly kind: "stop"; readonly reason: "finished" | "interrupted" | "early"; readonly message: string };

export interface RunInfo {
  readonly network: string;
  readonly parameterCount: number;
  readonly examples: number;
  readonly validation: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly seed: number;
  /** "wasm relaxed SIMD, 2 threads, OpenBLAS". */
  readonly engine: string;
}

/**
 * The history of a finished or interrupted run: per step the loss, per epoch every metric. Names of metrics:
 * "loss", "accuracy" on the training part, "val_loss", "val_accuracy" on the held-out part.
 */
export interface TrainingHistory {
  readonly run: RunInfo;
  readonly steps: readonly { readonly step: number; readonly epoch: number; readonly loss: number; readonly learningRate: number }[];
  readonly epochs: readonly { readonly epoch: number; readonly metrics: Readonly<Record<string, number>> }[];
  readonly stopped: "finished" | "interrupted" | "early";
}
