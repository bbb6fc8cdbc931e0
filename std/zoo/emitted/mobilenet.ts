// Emitted from networks/mobilenet.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["MobileNetV2"] as const;

export const summary = "M. Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks, 2018: table 2.";

/** M. Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks, 2018: table 2. */
export function mobilenet(): { MobileNetV2: lamella.Net<"stage[].narrow", ["image"]> } {
  const unit: lamella.Block = lamella.block(
    "unit",
    { c: lamella.required, size: lamella.required, stride: 1, pad: 0 },
    ({ x, c, size, stride, pad }, { conv, bn, relu6 }) => x.row(conv(c, size, { stride, pad, bias: false }), bn(), relu6()),
  );

  const depthwise: lamella.Block = lamella.block(
    "depthwise",
    { stride: lamella.required },
    ({ x, stride }, { dwconv, bn, relu6 }) => x.row(dwconv([3, 3], { stride, pad: 1, bias: false }), bn(), relu6()),
  );

  const inverted: lamella.Block = lamella.block(
    "inverted",
    { t: lamella.required, c: lamella.required, stride: 1 },
    ({ x, t, c, stride }, { conv, bn, add }) => {
      const narrow = x.row("narrow");
      let flow = x;
      if (t !== 1) {
        flow = flow.row(unit(t * x.c, [1, 1]));
      }
      flow = flow.row(depthwise(stride));
      flow = flow.row(conv(c, [1, 1], { bias: false }), bn());
      if (stride === 1 && narrow.c === c) {
        flow = flow.row(add(narrow));
      }
      return flow;
    },
  );

  const MobileNetV2: lamella.Net<"stage[].narrow", ["image"]> = lamella.net(
    "MobileNetV2",
    { image: lamella.shape(224, 224, 3), classes: 1000, stages: [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]] },
    ({ image, classes, stages }, { gap, dropout, dense, softmax, init }) => {
      lamella.defaults({ init: "he" });
      let flow = image.row(unit(32, [3, 3], { stride: 2, pad: 1 })).claim([112, 112, 32]);
      flow = flow.repeat("stage", stages, (flow, [t, c, n, stride]) => {
        flow = flow.row(inverted(t, c, stride));
        return flow.repeat(n - 1, (flow) => flow.row(inverted(t, c)));
      });
      flow = flow.row(unit(1280, [1, 1])).claim([7, 7, 1280]);
      flow = flow.row(gap(), dropout(0.2));
      return flow.row(dense(classes, { init: init.normal(0, 0.01) }), softmax());
    },
  );

  return { MobileNetV2 };
}
