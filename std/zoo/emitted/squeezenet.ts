// Emitted from networks/squeezenet.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["SqueezeNet"] as const;

export const summary = "F. Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, 2016: table 1.";

/** F. Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, 2016: table 1. */
export function squeezenet(): { SqueezeNet: lamella.Net<"squeezed" | "one" | "three", ["image"]> } {
  const fire: lamella.Block = lamella.block(
    "fire",
    { s: lamella.required, e: lamella.required },
    ({ x, s, e }, { conv, relu, concat }) => {
      const squeezed = x.row("squeezed", conv(s, [1, 1]), relu());
      const one = squeezed.row("one", conv(e, [1, 1]), relu());
      const three = squeezed.row("three", conv(e, [3, 3], { pad: 1 }), relu());
      return one.row(concat(three));
    },
  );

  const SqueezeNet: lamella.Net<"squeezed" | "one" | "three", ["image"]> = lamella.net(
    "SqueezeNet",
    { image: lamella.shape(227, 227, 3), classes: 1000 },
    ({ image, classes }, { conv, relu, maxpool, dropout, gap, softmax, init }) => {
      lamella.defaults({ init: "he" });
      let flow = image.row(conv(96, [7, 7], { stride: 2 }), relu()).claim([111, 111, 96]);
      flow = flow.row(maxpool([3, 3], { stride: 2 })).claim([55, 55, 96]);
      flow = flow.row(fire(16, 64), fire(16, 64), fire(32, 128)).claim([55, 55, 256]);
      flow = flow.row(maxpool([3, 3], { stride: 2 })).claim([27, 27, 256]);
      flow = flow.row(fire(32, 128), fire(48, 192), fire(48, 192), fire(64, 256)).claim([27, 27, 512]);
      flow = flow.row(maxpool([3, 3], { stride: 2 })).claim([13, 13, 512]);
      flow = flow.row(fire(64, 256)).claim([13, 13, 512]);
      flow = flow.row(dropout(0.5), conv(classes, [1, 1], { init: init.normal(0, 0.01) }), relu());
      return flow.row(gap(), softmax());
    },
  );

  return { SqueezeNet };
}
