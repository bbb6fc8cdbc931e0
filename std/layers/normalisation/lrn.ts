import * as operations from "../../tensor/index.js";
import { requireFeatures } from "../activation/softmax.js";
import { defineLayer } from "../define.js";
import type { LayerDefinition } from "../definition.js";

export const lrn: LayerDefinition = defineLayer({
  name: "lrn",
  category: "normalisation",
  summary: "Local response normalisation: channels at one place inhibit their neighbours, as in AlexNet.",
  details:
    "y_i = x_i / (k + alpha * sum of x_j^2 over the n channels around i)^beta. H x W x C in, the same out; no parameters. " +
    "In PyTorch: `nn.LocalResponseNorm(n, alpha * n, beta, k)`, whose alpha is divided by n. Source: Krizhevsky et al. 2012, section 3.3.",
  arguments: [
    { name: "n", kind: "integer", doc: "How many neighbouring channels are summed.", positional: true, default: 5, minimum: 1 },
    { name: "k", kind: "number", doc: "Added to the sum.", default: 2 },
    { name: "alpha", kind: "number", doc: "What the sum is multiplied by.", default: 1e-4 },
    { name: "beta", kind: "number", doc: "The exponent.", default: 0.75 },
  ],
  infer(input) {
    requireFeatures("lrn", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  forward: (input, { n, k, alpha, beta }) =>
    operations.lrn(input, { size: n as number, k: k as number, alpha: alpha as number, beta: beta as number }),
  examples: [
    { row: "lrn", input: "3x3x8" },
    { row: "lrn 3, alpha=0.5, k=1", input: "2x3x5", positional: [3], named: { alpha: 0.5, k: 1 } },
  ],
});
