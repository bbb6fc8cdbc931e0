// Emitted from networks/resnet.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["ResNet", "ResNet18", "ResNet34", "ResNet50", "ResNet101"] as const;

export const summary = "K. He et al., Deep residual learning for image recognition, 2016: table 1.";

/** K. He et al., Deep residual learning for image recognition, 2016: table 1. */
export function resnet(): { ResNet: lamella.Net<"stage[]", ["image"]>; ResNet18: lamella.Net<"stage[]", ["image"]>; ResNet34: lamella.Net<"stage[]", ["image"]>; ResNet50: lamella.Net<"stage[]", ["image"]>; ResNet101: lamella.Net<"stage[]", ["image"]> } {
  const shortcut: lamella.Block = lamella.block(
    "shortcut",
    { c: lamella.required, stride: lamella.required },
    ({ x, c, stride }, { conv, bn }) => {
      let flow = x;
      if (x.c !== c || stride !== 1) {
        flow = flow.row(conv(c, [1, 1], { stride, bias: false }), bn());
      }
      return flow;
    },
  );

  const Basic: lamella.Block = lamella.block(
    "Basic",
    { c: lamella.required, stride: 1 },
    ({ x, c, stride }, { conv, bn, relu, add }) => {
      const skip = x.row("skip", shortcut(c, stride));
      let flow = x.row(conv(c, [3, 3], { stride, pad: 1, bias: false }), bn(), relu());
      flow = flow.row(conv(c, [3, 3], { pad: 1, bias: false }), bn());
      return flow.row(add(skip), relu());
    },
  );

  const Bottleneck: lamella.Block = lamella.block(
    "Bottleneck",
    { c: lamella.required, stride: 1 },
    ({ x, c, stride }, { conv, bn, relu, add }) => {
      const skip = x.row("skip", shortcut(4 * c, stride));
      let flow = x.row(conv(c, [1, 1], { bias: false }), bn(), relu());
      flow = flow.row(conv(c, [3, 3], { stride, pad: 1, bias: false }), bn(), relu());
      flow = flow.row(conv(4 * c, [1, 1], { bias: false }), bn());
      return flow.row(add(skip), relu());
    },
  );

  const ResNet: lamella.Net<"stage[]", ["image"]> = lamella.net(
    "ResNet",
    { image: lamella.shape(224, 224, 3), unit: lamella.required, stages: lamella.required, classes: 1000 },
    ({ image, unit, stages, classes }, { conv, bn, relu, maxpool, gap, dense, softmax }) => {
      lamella.defaults({ init: "he" });
      let flow = image.row(conv(64, [7, 7], { stride: 2, pad: 3, bias: false }), bn(), relu()).claim([112, 112, 64]);
      flow = flow.row(maxpool([3, 3], { stride: 2, pad: 1 })).claim([56, 56, 64]);
      flow = flow.repeat("stage", stages, (flow, [n, c, stride]) => {
        flow = flow.row(unit(c, stride));
        return flow.repeat(n - 1, (flow) => flow.row(unit(c)));
      });
      flow = flow.row(gap());
      return flow.row(dense(classes), softmax());
    },
  );

  const ResNet18: lamella.Net<"stage[]", ["image"]> = ResNet({ unit: Basic, stages: [[2, 64, 1], [2, 128, 2], [2, 256, 2], [2, 512, 2]] });

  const ResNet34: lamella.Net<"stage[]", ["image"]> = ResNet({ unit: Basic, stages: [[3, 64, 1], [4, 128, 2], [6, 256, 2], [3, 512, 2]] });

  const ResNet50: lamella.Net<"stage[]", ["image"]> = ResNet({ unit: Bottleneck, stages: [[3, 64, 1], [4, 128, 2], [6, 256, 2], [3, 512, 2]] });

  const ResNet101: lamella.Net<"stage[]", ["image"]> = ResNet({ unit: Bottleneck, stages: [[3, 64, 1], [4, 128, 2], [23, 256, 2], [3, 512, 2]] });

  return { ResNet, ResNet18, ResNet34, ResNet50, ResNet101 };
}
