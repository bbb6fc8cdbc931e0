// Emitted from networks/dcgan.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["Generator", "Discriminator"] as const;

export const summary = "A. Radford et al., Unsupervised representation learning with deep convolutional generative adversarial networks, 2016; for 28x28.";

/** A. Radford et al., Unsupervised representation learning with deep convolutional generative adversarial networks, 2016; for 28x28. */
export function dcgan(): { Generator: lamella.Net<never, ["z"]>; Discriminator: lamella.Net<never, ["image"]> } {
  const Generator: lamella.Net<never, ["z"]> = lamella.net(
    "Generator",
    { z: lamella.shape(100) },
    ({ z }, { dense, bn, relu, reshape, upconv, tanh, init }) => {
      lamella.defaults({ init: init.normal(0, 0.02) });
      let flow = z.row(dense(7 * 7 * 256, { bias: false }), bn(), relu(), reshape([7, 7, 256]));
      flow = flow.row(upconv(128, [5, 5], { stride: 1, pad: "same", bias: false }), bn(), relu()).claim([7, 7, 128]);
      flow = flow.row(upconv(64, [5, 5], { stride: 2, pad: "same", bias: false }), bn(), relu()).claim([14, 14, 64]);
      return flow.row(upconv(1, [5, 5], { stride: 2, pad: "same" }), tanh()).claim([28, 28, 1]);
    },
  );

  const Discriminator: lamella.Net<never, ["image"]> = lamella.net(
    "Discriminator",
    { image: lamella.shape(28, 28, 1) },
    ({ image }, { conv, leakyrelu, bn, flatten, dense, sigmoid, init }) => {
      lamella.defaults({ init: init.normal(0, 0.02) });
      let flow = image.row(conv(64, [5, 5], { stride: 2, pad: "same" }), leakyrelu(0.2));
      flow = flow.row(conv(128, [5, 5], { stride: 2, pad: "same", bias: false }), bn(), leakyrelu(0.2));
      return flow.row(flatten(), dense(1), sigmoid());
    },
  );

  return { Generator, Discriminator };
}
