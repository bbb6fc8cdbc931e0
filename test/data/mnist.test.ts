import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { digits, MnistDataset } from "../../std/data/index.js";
import { download } from "../../std/data/download.js";
import { setDisplaySink, type MimeBundle } from "../../std/view/bundle.js";

let folder = "";
let shown: MimeBundle[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lamella-data-"));
  shown = [];
  setDisplaySink({ display: (bundle) => shown.push(bundle) });
  vi.stubEnv("LAMELLA_DATA", "");
  vi.stubEnv("LAMELLA_CACHE", join(folder, "cache"));
  vi.stubEnv("LAMELLA_OFFLINE", "1");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Ten images whose pixels all equal their label, and the labels. */
function writeFiles(into: string, prefix: string, count = 10): void {
  mkdirSync(into, { recursive: true });
  const header = (extents: number[]): number[] => [
    0,
    0,
    8,
    extents.length,
    ...extents.flatMap((extent) => [0, 0, extent >> 8, extent & 255]),
  ];
  const pixels = Array.from({ length: count * 784 }, (_, index) => Math.floor(index / 784) % 10);
  writeFileSync(join(into, `${prefix}-images-idx3-ubyte.gz`), gzipSync(Uint8Array.from([...header([count, 28, 28]), ...pixels])));
  writeFileSync(
    join(into, `${prefix}-labels-idx1-ubyte.gz`),
    gzipSync(Uint8Array.from([...header([count]), ...Array.from({ length: count }, (_, index) => index % 10)])),
  );
}

describe("mnist", () => {
  it("with the test file alone, trains on the first four fifths and tests on the rest", () => {
    vi.stubEnv("LAMELLA_DATA", folder);
    writeFiles(join(folder, "mnist"), "t10k");
    const mnist = new MnistDataset();
    expect([mnist.size, mnist.train.size, mnist.test.size]).toEqual([8, 8, 2]);
    expect(mnist.description).toBe("MNIST: 8 images of 28x28x1, 10 classes, from LAMELLA_DATA; 2 more to test");
    const { image, label } = mnist.test.batch([1]);
    expect([image?.shape, label?.data[0], image?.data[5]]).toEqual([[1, 28, 28, 1], 9, Math.fround(9 / 255)]);
    expect(shown).toEqual([]);
  });

  it("with all four files in the cache, trains on one and tests on the other", () => {
    writeFiles(join(folder, "cache", "mnist"), "train", 20);
    writeFiles(join(folder, "cache", "mnist"), "t10k");
    const mnist = new MnistDataset();
    expect([mnist.train.size, mnist.test.size]).toEqual([20, 10]);
    expect(mnist.train.description).toContain("from the cache");
  });

  it("without folder or network gives the embedded digits and says so", async () => {
    const mnist = new MnistDataset();
    await mnist.prepare();
    expect(mnist.description).toBe(digits.description);
    expect(shown.map((bundle) => bundle["text/plain"])).toEqual([
      "MNIST is not available: train-images-idx3-ubyte.gz: not downloaded, because LAMELLA_OFFLINE is set. The embedded, generated digits are used instead.",
    ]);
  });

  it("says what to do when the fallback is refused", async () => {
    await expect(new MnistDataset().load({ fallback: false })).rejects.toThrow(
      "train-images-idx3-ubyte.gz: not downloaded, because LAMELLA_OFFLINE is set. To use MNIST without a network, put train-images-idx3-ubyte.gz, " +
        "train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into a folder `mnist` and set LAMELLA_DATA to the folder above it; " +
        "or train on `digits`, which is made on the spot",
    );
  });

  it("names the file that is missing, and the one that is cut off", () => {
    vi.stubEnv("LAMELLA_DATA", folder);
    writeFiles(join(folder, "mnist"), "t10k");
    const images = join(folder, "mnist", "t10k-images-idx3-ubyte.gz");
    const whole = readFileSync(images);
    rmSync(images);
    expect(() => new MnistDataset().size).toThrow(
      "MNIST: t10k-labels-idx1-ubyte.gz is there, but t10k-images-idx3-ubyte.gz is not: put it into the same folder",
    );
    writeFileSync(images, whole.subarray(0, whole.length - 10));
    expect(() => new MnistDataset().size).toThrow(
      `t10k-images-idx3-ubyte.gz cannot be unzipped (unexpected end of file): the file is cut off or damaged, ${whole.length - 10} bytes arrived; download it again`,
    );
  });

  it("says that LAMELLA_DATA is no folder", () => {
    vi.stubEnv("LAMELLA_DATA", join(folder, "nowhere"));
    expect(() => new MnistDataset().size).toThrow(
      /LAMELLA_DATA is set to ".*nowhere", which is no folder: set it to the folder that holds the data sets, or unset it/,
    );
  });
});

describe("download", () => {
  const content = new TextEncoder().encode("ten numbers");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const file = { name: "n.gz", urls: ["https://one.example/n.gz", "https://two.example/n.gz"], bytes: content.length, sha256 };
  const answer =
    (status: number, body: Uint8Array): typeof fetch =>
    async () =>
      new Response(new Blob([body.slice().buffer]), { status });

  beforeEach(() => vi.stubEnv("LAMELLA_OFFLINE", ""));

  it("puts a checked file into its place, and no other", async () => {
    await download(file, join(folder, "cache", "n.gz"), answer(200, content));
    expect(readdirSync(join(folder, "cache"))).toEqual(["n.gz"]);
    expect(readFileSync(join(folder, "cache", "n.gz")).equals(content)).toBe(true);
  });

  it("refuses a wrong checksum, tries the next address, and leaves nothing behind", async () => {
    await expect(download(file, join(folder, "n.gz"), answer(200, content.subarray(1)))).rejects.toThrow(
      /^n.gz could not be downloaded \(one.example: the checksum does not match: 10 bytes with sha256 [0-9a-f]+ arrived, 11 bytes with [0-9a-f]+ were expected; two.example: the checksum/,
    );
    expect(existsSync(join(folder, "n.gz"))).toBe(false);
  });

  it("tells why there is no network", async () => {
    const unreachable: typeof fetch = () =>
      Promise.reject(new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND one.example") }));
    await expect(download(file, join(folder, "n.gz"), unreachable)).rejects.toThrow(
      "n.gz could not be downloaded (one.example: getaddrinfo ENOTFOUND one.example;",
    );
  });
});
