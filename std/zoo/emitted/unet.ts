// Emitted from networks/unet.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["UNet"] as const;

export const summary = "O. Ronneberger et al., U-Net: Convolutional networks for biomedical image segmentation, 2015: figure 1.";

/** O. Ronneberger et al., U-Net: Convolutional networks for biomedical image segmentation, 2015: figure 1. */
export function unet(): { UNet: lamella.Net<"skip", ["image"]> } {
  const Double: lamella.Block = lamella.block(
    "Double",
    { c: lamella.required },
    ({ x, c }, { conv, relu }) => x.row(conv(c, [3, 3], { init: "he" }), relu(), conv(c, [3, 3], { init: "he" }), relu()),
  );

  const U: lamella.Block = lamella.block(
    "U",
    { c: lamella.required, depth: lamella.required },
    ({ x, c, depth }, { maxpool, upconv, concat, crop }) => {
      const skip = x.row("skip", Double(c));
      let flow = skip;
      if (depth > 0) {
        flow = flow.row(maxpool([2, 2]), U(2 * c, depth - 1));
        flow = flow.row(upconv(c, [2, 2], { stride: 2 }), concat(crop(skip)), Double(c));
      }
      return flow;
    },
  );

  const UNet: lamella.Net<"skip", ["image"]> = lamella.net(
    "UNet",
    { image: lamella.shape(572, 572, 1), c: 64, depth: 4, classes: 2 },
    ({ image, c, depth, classes }, { conv, softmax }) => image.row(U(c, depth), conv(classes, [1, 1]), softmax()),
  );

  return { UNet };
}
