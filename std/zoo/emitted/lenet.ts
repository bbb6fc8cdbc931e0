// Emitted from networks/lenet.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["LeNet"] as const;

export const summary = "LeNet-5. Y. LeCun et al., Gradient-based learning applied to document recognition, 1998; with every map of C3 connected.";

/** LeNet-5. Y. LeCun et al., Gradient-based learning applied to document recognition, 1998; with every map of C3 connected. */
export function lenet(): { LeNet: lamella.Net<"c1" | "s2" | "c3" | "s4" | "f5" | "f6", ["image"]> } {
  const LeNet: lamella.Net<"c1" | "s2" | "c3" | "s4" | "f5" | "f6", ["image"]> = lamella.net(
    "LeNet",
    { image: lamella.shape(28, 28, 1), classes: 10 },
    ({ image, classes }, { conv, tanh, avgpool, flatten, dense, softmax }) => {
      let flow = image.row("c1", conv(6, [5, 5], { pad: 2 }), tanh()).claim([28, 28, 6]);
      flow = flow.row("s2", avgpool([2, 2])).claim([14, 14, 6]);
      flow = flow.row("c3", conv(16, [5, 5]), tanh()).claim([10, 10, 16]);
      flow = flow.row("s4", avgpool([2, 2])).claim([5, 5, 16]);
      flow = flow.row(flatten()).claim([400]);
      flow = flow.row("f5", dense(120), tanh());
      flow = flow.row("f6", dense(84), tanh());
      return flow.row(dense(classes), softmax());
    },
  );

  return { LeNet };
}
