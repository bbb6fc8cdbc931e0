import * as alexnet from "./emitted/alexnet.js";
import * as dcgan from "./emitted/dcgan.js";
import * as densenet from "./emitted/densenet.js";
import * as googlenet from "./emitted/googlenet.js";
import * as gpt from "./emitted/gpt.js";
import * as lenet from "./emitted/lenet.js";
import * as mobilenet from "./emitted/mobilenet.js";
import * as resnet from "./emitted/resnet.js";
import * as seq2seq from "./emitted/seq2seq.js";
import * as squeezenet from "./emitted/squeezenet.js";
import * as transformer from "./emitted/transformer.js";
import * as unet from "./emitted/unet.js";
import * as vgg from "./emitted/vgg.js";
import * as vit from "./emitted/vit.js";

/** Every network of the library by its name. */
export type Zoo = ReturnType<typeof lenet.lenet> &
  ReturnType<typeof alexnet.alexnet> &
  ReturnType<typeof vgg.vgg> &
  ReturnType<typeof resnet.resnet> &
  ReturnType<typeof googlenet.googlenet> &
  ReturnType<typeof densenet.densenet> &
  ReturnType<typeof squeezenet.squeezenet> &
  ReturnType<typeof mobilenet.mobilenet> &
  ReturnType<typeof unet.unet> &
  ReturnType<typeof dcgan.dcgan> &
  ReturnType<typeof seq2seq.seq2seq> &
  ReturnType<typeof transformer.transformer> &
  ReturnType<typeof vit.vit> &
  ReturnType<typeof gpt.gpt>;

const families = [
  { ...lenet, make: lenet.lenet },
  { ...alexnet, make: alexnet.alexnet },
  { ...vgg, make: vgg.vgg },
  { ...resnet, make: resnet.resnet },
  { ...googlenet, make: googlenet.googlenet },
  { ...densenet, make: densenet.densenet },
  { ...squeezenet, make: squeezenet.squeezenet },
  { ...mobilenet, make: mobilenet.mobilenet },
  { ...unet, make: unet.unet },
  { ...dcgan, make: dcgan.dcgan },
  { ...seq2seq, make: seq2seq.seq2seq },
  { ...transformer, make: transformer.transformer },
  { ...vit, make: vit.vit },
  { ...gpt, make: gpt.gpt },
];

/** What the networks are, by name, without building one: for completion, hover and the layer language. */
export const zooEntries: ReadonlyMap<string, { readonly summary: string }> = new Map(
  families.flatMap(({ names, summary }) => names.map((name) => [name, { summary }] as const)),
);

/** The known networks: `zoo.VGG16`. Each is built when it is first asked for. */
export const zoo: Zoo = {} as Zoo;

for (const { names, make } of families) {
  let made: object | null = null;
  for (const name of names) {
    Object.defineProperty(zoo, name, {
      enumerable: true,
      get: () => {
        made ??= make();
        return (made as Record<string, unknown>)[name];
      },
    });
  }
}
