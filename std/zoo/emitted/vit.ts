// Emitted from networks/vit.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["ViT"] as const;

export const summary = "A. Dosovitskiy et al., An image is worth 16x16 words, 2021: figure 1, small enough for a laptop.";

/** A. Dosovitskiy et al., An image is worth 16x16 words, 2021: figure 1, small enough for a laptop. */
export function vit(): { ViT: lamella.Net<"patches", ["image"]> } {
  const residual: lamella.Block = lamella.block("residual", { f: lamella.required }, ({ x, f }, { add }) => x.row(f, add(x)));

  const Encoder: lamella.Block = lamella.block(
    "Encoder",
    { h: lamella.required, heads: lamella.required },
    ({ x, h, heads }, { layernorm, attention, dense, gelu }) => {
      const flow = x.row(residual(lamella.chain(layernorm(), attention({ heads }))));
      return flow.row(residual(lamella.chain(layernorm(), dense(h), gelu(), dense(x.c))));
    },
  );

  const ViT: lamella.Net<"patches", ["image"]> = lamella.net(
    "ViT",
    { image: lamella.shape(32, 32, 3), patch: 4, d: 192, h: 768, heads: 3, n: 6, classes: 10 },
    ({ image, patch, d, h, heads, n, classes }, { conv, reshape, token, positions, dropout, layernorm, first, dense, softmax }) => {
      let flow = image.row("patches", conv(d, patch, { stride: patch }), reshape([-1, d]));
      flow = flow.row(token(), positions("learned"), dropout(0.1));
      flow = flow.repeat(n, (flow) => flow.row(Encoder(h, heads)));
      flow = flow.row(layernorm(), first());
      return flow.row(dense(classes), softmax());
    },
  );

  return { ViT };
}
