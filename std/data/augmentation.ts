export type AugmentationName = "crop" | "flip" | "shift" | "rotate" | "scale" | "noise" | "pca";

/** One random change of a batch of images. */
export interface Augmentation {
  readonly kind: "augmentation";
  readonly name: AugmentationName;
  readonly args: Readonly<Record<string, unknown>>;
}
