import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportOnnx, toOnnx } from "../../std/io/index.js";
import { net, shape, tokens, type Network } from "../../std/network/index.js";
import { sort, type Tensor } from "../../std/tensor/index.js";

type Field = { readonly field: number; readonly value: bigint | Uint8Array };

/** The fields of a protocol buffers message. */
function fields(bytes: Uint8Array): Field[] {
  const result: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    if ((key & 7) === 0) result.push({ field: key >> 3, value: varint() });
    else {
      const length = (key & 7) === 5 ? 4 : Number(varint());
      result.push({ field: key >> 3, value: bytes.subarray(at, (at += length)) });
    }
  }
  return result;
}

const text = (value: Field["value"] | undefined): string => new TextDecoder().decode(value as Uint8Array);
const all = (message: readonly Field[], field: number): Field["value"][] =>
  message.filter((entry) => entry.field === field).map(({ value }) => value);

function decode(bytes: Uint8Array): {
  operators: string[];
  weights: Record<string, number[]>;
  inputs: string[];
  outputs: string[];
  version: number;
  opset: number;
} {
  const model = fields(bytes);
  const graph = fields(all(model, 7)[0] as Uint8Array);
  const nameOf = (value: Field["value"]): string => text(all(fields(value as Uint8Array), 1)[0]);
  return {
    version: Number(all(model, 1)[0]),
    opset: Number(all(fields(all(model, 8)[0] as Uint8Array), 2)[0]),
    operators: all(graph, 1).map((node) => text(all(fields(node as Uint8Array), 4)[0])),
    weights: Object.fromEntries(
      all(graph, 5).map((tensor) => [text(all(fields(tensor as Uint8Array), 8)[0]), all(fields(tensor as Uint8Array), 1).map(Number)]),
    ),
    inputs: all(graph, 11).map(nameOf),
    outputs: all(graph, 12).map(nameOf),
  };
}

describe("ONNX (values are compared in ONNX Runtime by test/reference/onnx_check.py)", () => {
  const small = net("Small", { image: shape(8, 8, 1) }, ({ image }, { conv, relu, maxpool, flatten, dense, softmax }) =>
    image
      .row("c1", conv(4, [3, 3], { pad: 1 }), relu())
      .row(maxpool([2, 2]))
      .row(flatten())
      .row(dense(3), softmax()),
  );

  it("operators in order, weights by path and in our layout, names of inputs and outputs", () => {
    const model = decode(toOnnx(small));
    expect([model.version, model.opset, model.inputs, model.outputs]).toEqual([8, 17, ["image"], ["output"]]);
    expect(model.operators.filter((operator) => operator !== "Transpose" && operator !== "Identity")).toEqual([
      "Conv",
      "Add",
      "Relu",
      "MaxPool",
      "Reshape",
      "MatMul",
      "Add",
      "Softmax",
    ]);
    expect(model.weights).toMatchObject({
      "c1/conv/weight": [3, 3, 1, 4],
      "c1/conv/bias": [4],
      "dense/weight": [64, 3],
      "dense/bias": [3],
    });
  });

  it("writes a file, the same bytes each time", () => {
    const folder = mkdtempSync(join(tmpdir(), "lamella-onnx-"));
    try {
      const path = exportOnnx(small, join(folder, "deep", "small"), { batch: 2 });
      expect(path).toBe(join(folder, "deep", "small.onnx"));
      expect(readFileSync(path).equals(Buffer.from(toOnnx(small, { batch: 2 })))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("says which length is open, and which operation has no translation", () => {
    const sequence = net("Sequence", { ids: tokens("T") }, ({ ids }, { embedding, dense }) => ids.to(embedding(10, 4), dense(2)));
    expect(() => toOnnx(sequence)).toThrow(
      "Sequence: the input ids has the open dimension T; say how long it is in the file: lengths: { T: 40 }",
    );
    expect(decode(toOnnx(sequence, { lengths: { T: 5 } })).operators).toContain("Gather");
    const sorted = {
      name: "Sorted",
      inputs: [{ name: "x", type: { shape: [3], dtype: "f32" } }],
      outputs: [{ name: "y" }],
      forward: ([x]: Tensor[]) => ({ outputs: [sort(x as Tensor).values] }),
    };
    expect(() => toOnnx(sorted as unknown as Network)).toThrow(/^Sorted cannot be written as ONNX: there is no translation of `sort` yet$/);
  });

  it("recurrent layers keep their gates: an LSTM is one node whose weights are put into ONNX's order", () => {
    const recurrent = net("Recurrent", { x: shape(5, 2) }, ({ x }, { lstm }) => x.to(lstm(3)));
    const { operators } = decode(toOnnx(recurrent));
    expect(operators.filter((operator) => operator === "LSTM")).toEqual(["LSTM"]);
    // The input weight goes in before, for all times at once.
    expect(operators.indexOf("MatMul")).toBeLessThan(operators.indexOf("LSTM"));
  });
});
