import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LamellaError } from "../errors.js";
import { placesOf } from "./folders.js";
import { MemoryDataset } from "./memory.js";
import { NamedDataset, type DatasetParts } from "./named.js";

/** The binary versions of CIFAR: label bytes, then 1024 red, 1024 green and 1024 blue values, row by row. */
interface Family {
  readonly name: string;
  readonly folders: readonly string[];
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Bytes before the pixels; the last of them is the label. */
  readonly labelBytes: number;
  readonly classes: readonly string[];
}

const families = {
  cifar10: {
    name: "CIFAR-10",
    folders: ["cifar-10-batches-bin", "cifar10", ""],
    train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
    test: ["test_batch.bin"],
    labelBytes: 1,
    classes: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
  },
  cifar100: {
    name: "CIFAR-100",
    folders: ["cifar-100-binary", "cifar100", ""],
    train: ["train.bin"],
    test: ["test.bin"],
    labelBytes: 2,
    classes: Array.from({ length: 100 }, (_, label) => `class ${label}`),
  },
} as const satisfies Record<string, Family>;

const pixels = 32 * 32;

/**
 * Reads files of the CIFAR binary format.
 * @param labelBytes 1 for CIFAR-10; 2 for CIFAR-100, whose second byte is the fine label.
 * @returns pixels `count x 32 x 32 x 3` and labels.
 * @throws LamellaError when a file's length is no whole number of records.
 */
export function parseCifar(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  labelBytes = 1,
): { readonly images: Uint8Array; readonly labels: Int32Array } {
  const record = labelBytes + 3 * pixels;
  for (const { name, bytes } of files) {
    if (bytes.length === 0 || bytes.length % record !== 0) {
      const whole = Math.max(1, Math.ceil(bytes.length / record));
      throw new LamellaError(
        `${name} is cut off or no CIFAR file: records of ${record} bytes are expected (${whole * record} bytes for ${whole}), ${bytes.length} bytes arrived; download it again`,
      );
    }
  }
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / record, 0);
  const images = new Uint8Array(count * 3 * pixels);
  const labels = new Int32Array(count);
  let at = 0;
  for (const { bytes } of files) {
    for (let start = 0; start < bytes.length; start += record, at++) {
      labels[at] = bytes[start + labelBytes - 1] as number;
      for (let pixel = 0; pixel < pixels; pixel++) {
        for (let channel = 0; channel < 3; channel++) {
          images[(at * pixels + pixel) * 3 + channel] = bytes[start + labelBytes + channel * pixels + pixel] as number;
        }
      }
    }
  }
  return { images, labels };
}

function readParts(family: Family): DatasetParts {
  for (const { folder, words } of family.folders.flatMap((name) => placesOf(name))) {
    if (!existsSync(join(folder, family.test[0] as string))) continue;
    const part = (names: readonly string[]): MemoryDataset => {
      const files = names.map((name) => {
        const path = join(folder, name);
        if (!existsSync(path))
          throw new LamellaError(`${family.name}: ${family.test[0]} is there, but ${name} is not: put it into the same folder`);
        return { name, bytes: readFileSync(path) };
      });
      const { images, labels } = parseCifar(files, family.labelBytes);
      return new MemoryDataset({
        name: family.name,
        classes: family.classes,
        source: `from ${words}`,
        columns: { image: { data: images, shape: [32, 32, 3] }, label: { data: labels, shape: [] } },
      });
    };
    return { train: part(family.train), test: part(family.test) };
  }
  throw new LamellaError(
    `${family.name} is not on this machine: download its binary version, unpack it to a folder \`${family.folders[0]}\`, and set LAMELLA_DATA to the folder above it ` +
      `(or use \`shapes\`, which is made on the spot)`,
  );
}

export const cifar10: NamedDataset = new NamedDataset(
  "cifar10",
  "32x32 colour images of 10 kinds of things (A. Krizhevsky); from LAMELLA_DATA",
  () => readParts(families.cifar10),
);
export const cifar100: NamedDataset = new NamedDataset(
  "cifar100",
  "32x32 colour images of 100 kinds of things (A. Krizhevsky); from LAMELLA_DATA",
  () => readParts(families.cifar100),
);
