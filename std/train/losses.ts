import type { Tensor } from "../tensor/tensor.js";

export type LossName = "crossentropy" | "bce" | "mse" | "mae" | "huber" | "hinge" | "iou" | "dice" | "kl" | "contrastive";

/** A named loss with its arguments: gives one number from a prediction and a target. */
export interface Loss {
  readonly kind: "loss";
  readonly name: LossName;
  readonly args: Readonly<Record<string, unknown>>;
  /** @param target a tensor, or one number for all. */
  apply(prediction: Tensor, target: Tensor | number): Tensor;
}
