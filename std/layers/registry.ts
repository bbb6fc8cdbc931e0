import type { LayerDefinition, ParameterSpec } from "./definition.js";
import { nearest } from "./edit-distance.js";
import { LayerError } from "./layer-error.js";
import { layers } from "./catalogue.js";

/** Every layer by its name in the layer language, in the order of the reference page. */
export const layerRegistry: ReadonlyMap<string, LayerDefinition> = new Map(layers.map((layer) => [layer.name, layer]));

/** What layers are called elsewhere: only for suggestions. */
const foreignNames: Readonly<Record<string, string>> = {
  linear: "dense",
  fc: "dense",
  fullyconnected: "dense",
  convolution: "conv",
  conv1d: "conv",
  conv2d: "conv",
  conv3d: "conv",
  depthwise: "dwconv",
  depthwiseconv2d: "dwconv",
  deconv: "upconv",
  convtranspose: "upconv",
  convtranspose2d: "upconv",
  conv2dtranspose: "upconv",
  pool: "maxpool",
  maxpooling: "maxpool",
  maxpool2d: "maxpool",
  maxpooling2d: "maxpool",
  averagepool: "avgpool",
  avgpool2d: "avgpool",
  averagepooling2d: "avgpool",
  globalaveragepool: "gap",
  globalaveragepooling2d: "gap",
  globalmaxpool: "gmp",
  batchnorm: "bn",
  batchnorm2d: "bn",
  batchnormalization: "bn",
  layernormalization: "layernorm",
  ln: "layernorm",
  localresponsenorm: "lrn",
  embed: "embedding",
  multiheadattention: "attention",
  mha: "attention",
  positionalencoding: "positions",
  swish: "silu",
  lrelu: "leakyrelu",
  concatenate: "concat",
  cat: "concat",
  sum: "add",
  multiply: "mul",
  interpolate: "upsample",
  permute: "transpose",
  view: "reshape",
};

/** The layer that was probably meant, or null. */
export function suggestLayer(name: string): string | null {
  const plain = name.toLowerCase().replaceAll(/[_-]/g, "");
  const foreign = foreignNames[plain];
  if (foreign !== undefined && layerRegistry.has(foreign)) return foreign;
  return nearest(plain, layerRegistry.keys());
}

/** @throws LayerError E020: "there is no layer `cov`; did you mean `conv`?" */
export function findLayer(name: string): LayerDefinition {
  const layer = layerRegistry.get(name);
  if (layer !== undefined) return layer;
  const meant = suggestLayer(name);
  throw new LayerError(`there is no layer \`${name}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}`, { code: "E020" });
}

/** How many trainable numbers these parameters hold: what a claim `34944 params` is compared with. */
export function countParameters(specs: readonly ParameterSpec[]): number {
  let count = 0;
  for (const spec of specs) if (spec.trainable !== false) count += spec.shape.reduce((product, extent) => product * extent, 1);
  return count;
}
