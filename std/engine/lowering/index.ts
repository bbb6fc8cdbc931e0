import type { Node } from "../../tensor/graph.js";
import { alongRules } from "./along.js";
import type { Fusion, LoweringRule } from "./contract.js";
import { attentionFusions } from "./attention.js";
import { convolutionRules } from "./convolution.js";
import { epilogueFusions } from "./epilogues.js";
import { layoutRules } from "./layout.js";
import { matmulRules } from "./matmul.js";
import { normalisationRules } from "./normalisation.js";
import { pooledConvolutionFusion } from "./pooled-convolution.js";
import { pooledGradientFusions } from "./pooled-gradient.js";
import { poolingRules } from "./pooling.js";
import { randomRules } from "./random.js";
import { recurrentRules } from "./recurrent.js";
import { reductionRules } from "./reductions.js";
import { rowRules } from "./rows.js";
import { crossEntropyFusion, softmaxRules } from "./softmax.js";
import { upsamplingRules } from "./upsampling.js";

/** How each operation becomes kernel calls, by the operation's name. What is missing runs in the portable executor. */
export const lowerings: ReadonlyMap<string, LoweringRule> = new Map(
  Object.entries({
    ...matmulRules,
    ...convolutionRules,
    ...reductionRules,
    ...softmaxRules,
    ...rowRules,
    ...alongRules,
    ...layoutRules,
    ...poolingRules,
    ...upsamplingRules,
    ...normalisationRules,
    ...recurrentRules,
    ...randomRules,
  }),
);

const supports = (operation: string, node: Node): boolean => lowerings.get(operation)?.supports?.(node) ?? true;

/** Groups of operations done by one kernel, in the order in which they are tried. */
export const fusions: readonly Fusion[] = [
  ...attentionFusions,
  crossEntropyFusion,
  // Before those that read what it keeps.
  pooledConvolutionFusion((node) => supports("conv", node)),
  ...pooledGradientFusions,
  ...epilogueFusions(supports),
];
