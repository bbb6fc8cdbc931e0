import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cifar10, parseCifar, parseCsv, parseWav, readImage, readImages, readLines, Vocabulary } from "../../std/data/index.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lamella-formats-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("CSV", () => {
  it("numbers into x, texts of the last column into classes", () => {
    const iris = parseCsv("length,width,kind\n5.1,3.5,setosa\r\n7,3.2,versicolor\n\n6.3,-3,setosa", "iris.csv");
    expect(iris.description).toBe("iris: 3 xs of 2, 2 classes, from iris.csv");
    const { x, y } = iris.batch([0, 1, 2]);
    expect([...(x?.data ?? [])]).toEqual([5.1, 3.5, 7, 3.2, 6.3, -3].map(Math.fround));
    expect([iris.classes, [...(y?.data ?? [])]]).toEqual([
      ["setosa", "versicolor"],
      [0, 1, 0],
    ]);
  });

  it("quotes, doubled quotes, line ends in values, semicolons, a target in the middle, no names", () => {
    expect(parseCsv('a;"b ""x"";\ny";c\n1;"q;r";2', "f.csv", { target: 'b "x";\ny' }).classes).toEqual(["q;r"]);
    expect(parseCsv("1,2\n3,4", "f.csv").batch([0, 1])["y"]?.toArray()).toEqual([[2], [4]]);
    expect(Object.keys(parseCsv("a,b,c\n1,x,3", "f.csv", { drop: ["b"] }).columns)).toEqual(["x", "y"]);
  });

  it.each([
    { text: "a,b\n1,2\n3", message: "f.csv, line 3: 1 values, but there are 2 columns" },
    { text: "a,b\n1,2\nx,4", message: 'f.csv, line 3: `a` is "x", but a number is needed; leave the column out with drop' },
    { text: "a,b\n,2", message: "f.csv, line 2: `a` is empty, but a number is needed; leave the column out with drop" },
    { text: 'a,b\n"1,2', message: "f.csv, line 2: a quote is opened and never closed" },
    { text: "", message: "f.csv is empty" },
    { text: "a,b\n", message: "f.csv has a line of names, but no rows" },
  ])("$message", ({ text, message }) => expect(() => parseCsv(text, "f.csv")).toThrow(expect.objectContaining({ message })));
});

describe("CIFAR", () => {
  it("planes become channels", () => {
    const bytes = new Uint8Array(3073);
    bytes[0] = 7;
    bytes.set([10, 11], 1);
    bytes.set([20, 21], 1 + 1024);
    bytes.set([30, 31], 1 + 2048);
    const { images, labels } = parseCifar([{ name: "b", bytes }]);
    expect([[...labels], [...images.subarray(0, 6)]]).toEqual([[7], [10, 20, 30, 11, 21, 31]]);
    const fine = new Uint8Array(3074);
    fine.set([3, 99]);
    expect([...parseCifar([{ name: "b", bytes: fine }], 2).labels]).toEqual([99]);
  });

  it("says how long a file should be, and what to do without one", () => {
    expect(() => parseCifar([{ name: "data_batch_1.bin", bytes: new Uint8Array(4000) }])).toThrow(
      "data_batch_1.bin is cut off or no CIFAR file: records of 3073 bytes are expected (6146 bytes for 2), 4000 bytes arrived; download it again",
    );
    expect(() => cifar10.size).toThrow(/^CIFAR-10 is not on this machine: download its binary version/);
  });
});

function png(path: string, width: number, height: number, pixel: (x: number, y: number) => readonly [number, number, number]): void {
  const image = new PNG({ width, height });
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) image.data.set([...pixel(x, y), 255], 4 * (y * width + x));
  writeFileSync(path, PNG.sync.write(image));
}

describe("pictures", () => {
  it("folders are classes, files come in alphabetical order", () => {
    for (const [name, level] of [
      ["cat", 255],
      ["ant", 0],
    ] as const) {
      mkdirSync(join(folder, "pets", name), { recursive: true });
      png(join(folder, "pets", name, "1.png"), 4, 3, () => [level, 51, 0]);
    }
    const pets = readImages(join(folder, "pets"));
    expect(pets.description).toBe("pets: 2 images of 3x4x3, 2 classes, from a folder of PNG files");
    const { image, label } = pets.batch([1]);
    expect([label?.data[0], [...(image?.data.subarray(0, 3) ?? [])]]).toEqual([1, [1, Math.fround(0.2), 0]]);
    png(join(folder, "pets", "cat", "2.png"), 5, 3, () => [0, 0, 0]);
    expect(() => readImages(join(folder, "pets"))).toThrow(
      "pictures of different sizes: ant/1.png is 3x4, but cat/2.png is 3x5; bring them to one size with size: 3",
    );
    expect(readImages(join(folder, "pets"), { size: [2, 2], channels: 1 }).columns["image"]?.shape).toEqual([2, 2, 1]);
  });

  it("bilinear: a ramp doubled in width is a ramp", () => {
    png(join(folder, "ramp.png"), 2, 1, (x) => [200 * x, 0, 0]);
    const wide = readImage(join(folder, "ramp.png"), { size: [1, 4] });
    expect([0, 1, 2, 3].map((x) => Math.round((wide.data[3 * x] as number) * 255))).toEqual([0, 50, 150, 200]);
  });

  it("names a damaged picture", () => {
    writeFileSync(join(folder, "bad.png"), "no picture");
    expect(() => readImage(join(folder, "bad.png"))).toThrow(
      /^bad.png cannot be read as PNG \(.*\): 10 bytes arrived; the file is cut off, damaged or of another kind$/,
    );
  });
});

/** A RIFF file of a format part and a data part. */
function wav(kind: number, channels: number, bits: number, data: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(44 + data.length);
  const view = new DataView(bytes.buffer);
  const put = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  put(0, "RIFF");
  view.setUint32(4, 36 + data.length, true);
  put(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, kind, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, (8000 * channels * bits) / 8, true);
  view.setUint16(32, (channels * bits) / 8, true);
  view.setUint16(34, bits, true);
  put(36, "data");
  view.setUint32(40, data.length, true);
  bytes.set(data, 44);
  return bytes;
}

describe("WAV", () => {
  it("whole numbers of 8, 16, 24 bits and floats, one channel and two", () => {
    const values = (bytes: Uint8Array): unknown => parseWav(bytes, "s.wav").samples.toArray();
    expect(values(wav(1, 1, 8, [0, 128, 192]))).toEqual([[-1], [0], [0.5]]);
    expect(values(wav(1, 2, 16, [0, 0x40, 0, 0x80]))).toEqual([[0.5, -1]]);
    expect(values(wav(1, 1, 24, [0, 0, 0xc0]))).toEqual([[-0.5]]);
    expect(values(wav(3, 1, 32, [0, 0, 0xc0, 0x3f]))).toEqual([[1.5]]);
    expect(parseWav(wav(1, 1, 8, [0]), "s.wav").rate).toBe(8000);
  });

  it.each([
    {
      title: "cut off",
      bytes: wav(1, 1, 8, [1, 2, 3]).subarray(0, 45),
      message: "s.wav is cut off: its part `data` takes 3 bytes, 1 arrived",
    },
    {
      title: "another kind of file",
      bytes: new TextEncoder().encode("ID3 and so on"),
      message: "s.wav is no WAV file: it does not start with RIFF … WAVE",
    },
    {
      title: "compressed",
      bytes: wav(6, 1, 8, [1]),
      message: "s.wav: sound of format 6 with 8 bits is not read; whole numbers of 8, 16, 24 and 32 bits and floats of 32 are",
    },
  ])("$title", ({ bytes, message }) => expect(() => parseWav(bytes, "s.wav")).toThrow(expect.objectContaining({ message })));
});

describe("text", () => {
  it("lines of any system, a vocabulary by frequency, and back", () => {
    writeFileSync(join(folder, "names.txt"), "\uFEFFanna\r\nbob\n\nab\n");
    const names = readLines(join(folder, "names.txt"));
    expect(names).toEqual(["anna", "bob", "ab"]);
    const letters = Vocabulary.of(names);
    // a and b three times each, n twice, o once.
    expect(letters.tokens.slice(4)).toEqual(["a", "b", "n", "o"]);
    expect([...letters.encode(Array.from("bo?"), { marks: true, length: 7 })]).toEqual([1, 5, 7, 3, 2, 0, 0]);
    expect(letters.decode([1, 5, 7, 2, 0])).toEqual(["b", "o"]);
    expect(() => letters.encode(Array.from("anna"), { length: 3 })).toThrow('a text of 4 tokens does not fit into 3: "anna"');
  });
});
