// Emitted from networks/vgg.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["VGG", "VGG11", "VGG13", "VGG16", "VGG19", "VGG11bn", "VGG13bn", "VGG16bn", "VGG19bn"] as const;

export const summary = "K. Simonyan, A. Zisserman, Very deep convolutional networks for large-scale image recognition, 2015: columns A, B, D, E of table 1.";

/** K. Simonyan, A. Zisserman, Very deep convolutional networks for large-scale image recognition, 2015: columns A, B, D, E of table 1. */
export function vgg(): { VGG: lamella.Net<"stage[].pool", ["image"]>; VGG11: lamella.Net<"stage[].pool", ["image"]>; VGG13: lamella.Net<"stage[].pool", ["image"]>; VGG16: lamella.Net<"stage[].pool", ["image"]>; VGG19: lamella.Net<"stage[].pool", ["image"]>; VGG11bn: lamella.Net<"stage[].pool", ["image"]>; VGG13bn: lamella.Net<"stage[].pool", ["image"]>; VGG16bn: lamella.Net<"stage[].pool", ["image"]>; VGG19bn: lamella.Net<"stage[].pool", ["image"]> } {
  const plain: lamella.Block = lamella.block(
    "plain",
    { c: lamella.required },
    ({ x, c }, { conv, relu }) => x.row(conv(c, [3, 3], { pad: "same", init: "he" }), relu()),
  );

  const normed: lamella.Block = lamella.block(
    "normed",
    { c: lamella.required },
    ({ x, c }, { conv, bn, relu }) => x.row(conv(c, [3, 3], { pad: "same", init: "he" }), bn(), relu()),
  );

  const VGG: lamella.Net<"stage[].pool", ["image"]> = lamella.net(
    "VGG",
    { image: lamella.shape(224, 224, 3), stages: lamella.required, layer: plain, classes: 1000 },
    ({ image, stages, layer, classes }, { maxpool, flatten, dense, relu, dropout, softmax, init }) => {
      let flow = image.repeat("stage", stages, (flow, [n, c]) => {
        flow = flow.repeat(n, (flow) => flow.row(layer(c)));
        return flow.row("pool", maxpool([2, 2]));
      });
      flow = flow.row(flatten()).claim([25088]);
      flow = flow.repeat(2, (flow) => flow.row(dense(4096, { init: init.normal(0, 0.01) }), relu(), dropout(0.5)));
      return flow.row(dense(classes, { init: init.normal(0, 0.01) }), softmax());
    },
  );

  const VGG11: lamella.Net<"stage[].pool", ["image"]> = VGG({ stages: [[1, 64], [1, 128], [2, 256], [2, 512], [2, 512]] });

  const VGG13: lamella.Net<"stage[].pool", ["image"]> = VGG({ stages: [[2, 64], [2, 128], [2, 256], [2, 512], [2, 512]] });

  const VGG16: lamella.Net<"stage[].pool", ["image"]> = VGG({ stages: [[2, 64], [2, 128], [3, 256], [3, 512], [3, 512]] });

  const VGG19: lamella.Net<"stage[].pool", ["image"]> = VGG({ stages: [[2, 64], [2, 128], [4, 256], [4, 512], [4, 512]] });

  const VGG11bn: lamella.Net<"stage[].pool", ["image"]> = VGG11({ layer: normed });

  const VGG13bn: lamella.Net<"stage[].pool", ["image"]> = VGG13({ layer: normed });

  const VGG16bn: lamella.Net<"stage[].pool", ["image"]> = VGG16({ layer: normed });

  const VGG19bn: lamella.Net<"stage[].pool", ["image"]> = VGG19({ layer: normed });

  return { VGG, VGG11, VGG13, VGG16, VGG19, VGG11bn, VGG13bn, VGG16bn, VGG19bn };
}
