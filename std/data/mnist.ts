import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LamellaError } from "../errors.js";
import { formatShape } from "../tensor/shape.js";
import { displaySink } from "../view/bundle.js";
import { digits } from "./digits.js";
import { DownloadError, download, type RemoteFile } from "./download.js";
import { cacheFolder, placesOf } from "./folders.js";
import { parseIdx, type IdxArray } from "./idx.js";
import { MemoryDataset } from "./memory.js";
import { NamedDataset, type DatasetParts } from "./named.js";

/** A data set in the files of MNIST: 28x28 grey images and labels from 0 to 9. */
interface IdxFamily {
  readonly folder: string;
  readonly name: string;
  readonly classes: readonly string[];
  readonly files: Readonly<Record<"trainImages" | "trainLabels" | "testImages" | "testLabels", RemoteFile>>;
}

const mirrors = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"];

function remote(name: string, bytes: number, sha256: string): RemoteFile {
  return { name, bytes, sha256, urls: mirrors.map((mirror) => mirror + name) };
}

const mnistFamily: IdxFamily = {
  folder: "mnist",
  name: "MNIST",
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  files: {
    trainImages: remote("train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    trainLabels: remote("train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    testImages: remote("t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    testLabels: remote("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
  },
};

/** A file in one of the places, gzip or plain, also under the spelling with a dot ("train-images.idx3-ubyte"); null when it is nowhere. */
function findFile(file: RemoteFile, family: IdxFamily): { path: string; words: string } | null {
  const plain = file.name.replace(/\.gz$/, "");
  for (const { folder, words } of placesOf(family.folder)) {
    for (const name of [file.name, plain, plain.replace("-idx", ".idx")]) {
      const path = join(folder, name);
      if (existsSync(path)) return { path, words };
    }
  }
  return null;
}

/** Images and labels from two files, or null when neither is there. @throws LamellaError when one is missing or they do not fit together. */
function readPair(
  family: IdxFamily,
  images: RemoteFile,
  labels: RemoteFile,
): { data: Uint8Array; labels: Int32Array; words: string } | null {
  const foundImages = findFile(images, family);
  const foundLabels = findFile(labels, family);
  if (foundImages === null && foundLabels === null) return null;
  if (foundImages === null || foundLabels === null) {
    const [there, missing] = foundImages === null ? [labels.name, images.name] : [images.name, labels.name];
    throw new LamellaError(`${family.name}: ${there} is there, but ${missing} is not: put it into the same folder`);
  }
  const pixels = parseIdx(readFileSync(foundImages.path), images.name);
  const numbers = parseIdx(readFileSync(foundLabels.path), labels.name);
  expectShape(pixels, 3, images.name);
  expectShape(numbers, 1, labels.name);
  if (pixels.shape[1] !== 28 || pixels.shape[2] !== 28) {
    throw new LamellaError(`${images.name} holds ${formatShape(pixels.shape)} numbers, but images of 28x28 are expected`);
  }
  if (pixels.shape[0] !== numbers.shape[0]) {
    throw new LamellaError(
      `${images.name} holds ${pixels.shape[0]} images, but ${labels.name} holds ${numbers.shape[0]} labels: they do not belong together`,
    );
  }
  return { data: pixels.data as Uint8Array, labels: Int32Array.from(numbers.data), words: foundImages.words };
}

function expectShape(array: IdxArray, rank: number, name: string): void {
  if (array.shape.length === rank && array.data instanceof Uint8Array) return;
  throw new LamellaError(
    `${name} holds ${formatShape(array.shape)} numbers${array.data instanceof Uint8Array ? "" : " that are no bytes"}, but ${rank} axes of bytes are expected`,
  );
}

function datasetOf(family: IdxFamily, pair: { data: Uint8Array; labels: Int32Array; words: string }): MemoryDataset {
  return new MemoryDataset({
    name: family.name,
    classes: family.classes,
    source: `from ${pair.words}`,
    columns: { image: { data: pair.data, shape: [28, 28, 1] }, label: { data: pair.labels, shape: [] } },
  });
}

/** The parts that lie on this machine: the whole data set, or 8,000 and 2,000 of the test file when only that is there; null when nothing is. */
function readLocal(family: IdxFamily): DatasetParts | null {
  const { trainImages, trainLabels, testImages, testLabels } = family.files;
  const train = readPair(family, trainImages, trainLabels);
  const test = readPair(family, testImages, testLabels);
  if (test === null) {
    if (train === null) return null;
    throw new LamellaError(`${family.name}: ${trainImages.name} is there, but ${testImages.name} is not: put it into the same folder`);
  }
  const last = datasetOf(family, test);
  if (train !== null) return { train: datasetOf(family, train), test: last };
  const cut = Math.round(last.size * 0.8);
  return { train: last.subset(0, cut), test: last.subset(cut, last.size) };
}

export interface LoadOptions {
  /** What to do when there is neither a folder nor a network: use the embedded digits and say so (true, the default), or throw. */
  readonly fallback?: boolean;
}

/**
 * MNIST by name. Looks into `LAMELLA_DATA`, then into the cache; `load`, `train` and `evaluate` download it when it is in
 * neither. Without a network the embedded digits serve, and a notice says so.
 */
export class MnistDataset extends NamedDataset {
  readonly #family: IdxFamily;

  constructor(family: IdxFamily = mnistFamily) {
    // Reading what lies here needs no waiting, so the name works at once in a cell.
    super("mnist", "28x28 grey images of handwritten digits, 10 classes (Y. LeCun, C. Cortes, C. Burges)", () => {
      return readLocal(family) ?? embedded(family, "it is not on this machine yet; `await mnist.load()` downloads it");
    });
    this.#family = family;
  }

  /**
   * Reads or downloads the data (11 MB, once, checked) and gives the data set.
   * @throws DownloadError with `fallback: false` when it is not here and cannot be had, saying what to do.
   */
  async load(options: LoadOptions = {}): Promise<this> {
    const family = this.#family;
    const local = readLocal(family);
    if (local !== null) {
      this.parts = local;
      return this;
    }
    try {
      for (const file of Object.values(family.files)) await download(file, join(cacheFolder(), family.folder, file.name));
      this.parts = readLocal(family) as DatasetParts;
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      if (options.fallback === false) throw new DownloadError(`${error.message}. ${advice(family)}`, { cause: error });
      this.parts = embedded(family, error.message);
    }
    return this;
  }

  override async prepare(): Promise<void> {
    if (!this.loaded) await this.load();
  }
}

function advice(family: IdxFamily): string {
  const names = Object.values(family.files).map((file) => file.name);
  return (
    `To use ${family.name} without a network, put ${names.slice(0, -1).join(", ")} and ${names.at(-1)} into a folder \`${family.folder}\` ` +
    `and set LAMELLA_DATA to the folder above it; or train on \`digits\`, which is made on the spot`
  );
}

/** The embedded digits in MNIST's place, with a notice that everybody sees. */
function embedded(family: IdxFamily, reason: string): DatasetParts {
  const notice = `${family.name} is not available: ${reason}. The embedded, generated digits are used instead.`;
  displaySink().display({ "text/plain": notice, "text/html": `<p><strong>Note.</strong> ${escapeHtml(notice)}</p>` });
  return { train: digits.train, test: digits.test };
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export const mnist: MnistDataset = new MnistDataset();
