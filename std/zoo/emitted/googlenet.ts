// Emitted from networks/googlenet.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["GoogLeNet"] as const;

export const summary = "C. Szegedy et al., Going deeper with convolutions, 2015: table 1. As in torchvision: batch normalisation, and 3x3 for 5x5.";

/** C. Szegedy et al., Going deeper with convolutions, 2015: table 1. As in torchvision: batch normalisation, and 3x3 for 5x5. */
export function googlenet(): { GoogLeNet: lamella.Net<"i3a" | "p" | "q" | "r" | "s" | "i3b" | "i4a" | "i4b" | "i4c" | "i4d" | "i4e" | "i5a" | "i5b", ["image"]> } {
  const unit: lamella.Block = lamella.block(
    "unit",
    { c: lamella.required, size: lamella.required, stride: 1, pad: 0 },
    ({ x, c, size, stride, pad }, { conv, bn, relu }) => x.row(conv(c, size, { stride, pad, bias: false }), bn(), relu()),
  );

  const Inception: lamella.Block = lamella.block(
    "Inception",
    { a: lamella.required, b: lamella.required, c: lamella.required, d: lamella.required, e: lamella.required, f: lamella.required },
    ({ x, a, b, c, d, e, f }, { maxpool, concat }) => {
      const p = x.row("p", unit(a, [1, 1]));
      const q = x.row("q", unit(b, [1, 1]), unit(c, [3, 3], { pad: 1 }));
      const r = x.row("r", unit(d, [1, 1]), unit(e, [3, 3], { pad: 1 }));
      const s = x.row("s", maxpool([3, 3], { stride: 1, pad: 1 }), unit(f, [1, 1]));
      return p.row(concat(q, r, s));
    },
  );

  const GoogLeNet: lamella.Net<"i3a" | "p" | "q" | "r" | "s" | "i3b" | "i4a" | "i4b" | "i4c" | "i4d" | "i4e" | "i5a" | "i5b", ["image"]> = lamella.net(
    "GoogLeNet",
    { image: lamella.shape(224, 224, 3), classes: 1000 },
    ({ image, classes }, { maxpool, gap, dropout, dense, softmax }) => {
      let flow = image.row(unit(64, [7, 7], { stride: 2, pad: 3 })).claim([112, 112, 64]);
      flow = flow.row(maxpool([3, 3], { stride: 2, pad: [[0, 1], [0, 1]] })).claim([56, 56, 64]);
      flow = flow.row(unit(64, [1, 1]), unit(192, [3, 3], { pad: 1 })).claim([56, 56, 192]);
      flow = flow.row(maxpool([3, 3], { stride: 2, pad: [[0, 1], [0, 1]] })).claim([28, 28, 192]);
      flow = flow.row("i3a", Inception(64, 96, 128, 16, 32, 32)).claim([28, 28, 256]);
      flow = flow.row("i3b", Inception(128, 128, 192, 32, 96, 64)).claim([28, 28, 480]);
      flow = flow.row(maxpool([3, 3], { stride: 2, pad: [[0, 1], [0, 1]] })).claim([14, 14, 480]);
      flow = flow.row("i4a", Inception(192, 96, 208, 16, 48, 64));
      flow = flow.row("i4b", Inception(160, 112, 224, 24, 64, 64));
      flow = flow.row("i4c", Inception(128, 128, 256, 24, 64, 64));
      flow = flow.row("i4d", Inception(112, 144, 288, 32, 64, 64));
      flow = flow.row("i4e", Inception(256, 160, 320, 32, 128, 128)).claim([14, 14, 832]);
      flow = flow.row(maxpool([2, 2], { stride: 2 })).claim([7, 7, 832]);
      flow = flow.row("i5a", Inception(256, 160, 320, 32, 128, 128));
      flow = flow.row("i5b", Inception(384, 192, 384, 48, 128, 128)).claim([7, 7, 1024]);
      flow = flow.row(gap(), dropout(0.2));
      return flow.row(dense(classes), softmax());
    },
  );

  return { GoogLeNet };
}
