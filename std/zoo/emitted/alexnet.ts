// Emitted from networks/alexnet.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["AlexNet"] as const;

export const summary = "A. Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012; g=2 is the paper's two GPUs.";

/** A. Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012; g=2 is the paper's two GPUs. */
export function alexnet(): { AlexNet: lamella.Net<"conv1" | "pool1" | "conv2" | "pool2" | "conv3" | "conv4" | "conv5" | "pool5" | "fc6" | "fc7" | "fc8", ["image"]> } {
  const AlexNet: lamella.Net<"conv1" | "pool1" | "conv2" | "pool2" | "conv3" | "conv4" | "conv5" | "pool5" | "fc6" | "fc7" | "fc8", ["image"]> = lamella.net(
    "AlexNet",
    { image: lamella.shape(224, 224, 3), classes: 1000, g: 1 },
    ({ image, classes, g }, { conv, relu, lrn, maxpool, flatten, dense, dropout, softmax, init }) => {
      lamella.defaults({ init: init.normal(0, 0.01) });
      let flow = image.row("conv1", conv(96, [11, 11], { stride: 4, pad: 2 }), relu(), lrn()).claim([55, 55, 96]);
      flow = flow.row("pool1", maxpool([3, 3], { stride: 2 })).claim([27, 27, 96]);
      flow = flow.row("conv2", conv(256, [5, 5], { pad: 2, groups: g, bias_init: 1 }), relu(), lrn()).claim([27, 27, 256]);
      flow = flow.row("pool2", maxpool([3, 3], { stride: 2 })).claim([13, 13, 256]);
      flow = flow.row("conv3", conv(384, [3, 3], { pad: 1 }), relu()).claim([13, 13, 384]);
      flow = flow.row("conv4", conv(384, [3, 3], { pad: 1, groups: g, bias_init: 1 }), relu()).claim([13, 13, 384]);
      flow = flow.row("conv5", conv(256, [3, 3], { pad: 1, groups: g, bias_init: 1 }), relu()).claim([13, 13, 256]);
      flow = flow.row("pool5", maxpool([3, 3], { stride: 2 })).claim([6, 6, 256]);
      flow = flow.row(flatten()).claim([9216]);
      flow = flow.row("fc6", dense(4096, { bias_init: 1 }), relu(), dropout(0.5)).claim([4096]);
      flow = flow.row("fc7", dense(4096, { bias_init: 1 }), relu(), dropout(0.5)).claim([4096]);
      return flow.row("fc8", dense(classes), softmax());
    },
  );

  return { AlexNet };
}
