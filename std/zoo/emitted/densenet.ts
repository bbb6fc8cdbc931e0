// Emitted from networks/densenet.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["DenseNet", "DenseNet121"] as const;

export const summary = "G. Huang et al., Densely connected convolutional networks, 2017: table 1.";

/** G. Huang et al., Densely connected convolutional networks, 2017: table 1. */
export function densenet(): { DenseNet: lamella.Net<"stage[].new", ["image"]>; DenseNet121: lamella.Net<"stage[].new", ["image"]> } {
  const Dense: lamella.Block = lamella.block(
    "Dense",
    { k: lamella.required },
    ({ x, k }, { bn, relu, conv }) => x.row(bn(), relu(), conv(4 * k, [1, 1], { bias: false }), bn(), relu(), conv(k, [3, 3], { pad: 1, bias: false })),
  );

  const grow: lamella.Block = lamella.block("grow", { k: lamella.required }, ({ x, k }, { concat }) => {
    const new_ = x.row("new", Dense(k));
    return x.row(concat(new_));
  });

  const Transition: lamella.Block = lamella.block(
    "Transition",
    {},
    ({ x }, { bn, relu, conv, avgpool }) => x.row(bn(), relu(), conv(x.c / 2, [1, 1], { bias: false }), avgpool([2, 2])),
  );

  const DenseNet: lamella.Net<"stage[].new", ["image"]> = lamella.net(
    "DenseNet",
    { image: lamella.shape(224, 224, 3), stages: lamella.required, k: 32, classes: 1000 },
    ({ image, stages, k, classes }, { conv, bn, relu, maxpool, gap, dense, softmax }) => {
      lamella.defaults({ init: "he" });
      let flow = image.row(conv(2 * k, [7, 7], { stride: 2, pad: 3, bias: false }), bn(), relu()).claim([112, 112, 64]);
      flow = flow.row(maxpool([3, 3], { stride: 2, pad: 1 })).claim([56, 56, 64]);
      flow = flow.repeat("stage", stages, (flow, [n, more]) => {
        flow = flow.repeat(n, (flow) => flow.row(grow(k)));
        if (more) {
          flow = flow.row(Transition);
        }
        return flow;
      });
      flow = flow.row(bn(), relu(), gap());
      return flow.row(dense(classes), softmax());
    },
  );

  const DenseNet121: lamella.Net<"stage[].new", ["image"]> = DenseNet({ stages: [[6, true], [12, true], [24, true], [16, false]] });

  return { DenseNet, DenseNet121 };
}
