import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatNpy, formatNpz, parseNpy, parseNpz } from "../../std/io/index.js";
import { tensor, Tensor } from "../../std/tensor/index.js";

const reference = JSON.parse(readFileSync(new URL("../reference/fixtures/arrays.json", import.meta.url), "utf8")) as {
  npz: string;
  values: Record<string, { shape: number[]; data: number[] }>;
};

describe("npy and npz", () => {
  it("reads what NumPy wrote: every type, both byte orders, Fortran order", () => {
    const arrays = parseNpz(new Uint8Array(Buffer.from(reference.npz, "base64")), "arrays.npz");
    expect([...arrays.keys()]).toEqual(Object.keys(reference.values));
    for (const [name, { shape, data }] of Object.entries(reference.values))
      expect([name, arrays.get(name)?.shape, [...(arrays.get(name)?.data ?? [])]]).toEqual([name, shape, data]);
  });

  it("reads back what it writes, the same bytes each time, numbers at a multiple of 64", () => {
    const values: [string, Tensor][] = [
      ["a", tensor([[1, 2, 3]])],
      ["s", tensor(5, { dtype: "f64" })],
      ["i", new Tensor({ shape: [2], dtype: "i32" }, Int32Array.of(1, -1))],
    ];
    const bytes = formatNpz(values);
    expect(Buffer.from(formatNpz(values)).equals(Buffer.from(bytes))).toBe(true);
    expect([...parseNpz(bytes, "f")].map(([name, { shape, dtype, data }]) => [name, shape, dtype, [...data]])).toEqual(
      values.map(([name, { shape, dtype, data }]) => [name, shape, dtype, [...data]]),
    );
    expect((formatNpy(values[0]?.[1] as Tensor).length - 12) % 64).toBe(0);
  });

  const good = formatNpy(tensor([1, 2]));
  it.each([
    {
      title: "another kind of file",
      run: () => parseNpy(new TextEncoder().encode("hello world"), "a.npy"),
      message: "a.npy is no npy file: it does not start with \\x93NUMPY",
    },
    {
      title: "cut off",
      run: () => parseNpy(good.subarray(0, good.length - 1), "a.npy"),
      message: "a.npy is cut off: 136 bytes expected for 2 f4, 135 arrived",
    },
    {
      title: "no zip",
      run: () => parseNpz(good, "a.npz"),
      message: "a.npz cannot be unzipped: it is no npz file, cut off or damaged (136 bytes arrived)",
    },
  ])("$title", ({ run, message }) => expect(run).toThrow(expect.objectContaining({ message })));
});
