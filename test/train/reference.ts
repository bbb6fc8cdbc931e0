import { readFileSync } from "node:fs";
import { Tensor } from "../../std/tensor/index.js";

interface Numbers {
  readonly shape: readonly number[];
  readonly integer?: boolean;
  readonly data: readonly number[];
}

export interface Reference {
  readonly losses: readonly {
    loss: string;
    args: Record<string, unknown>;
    prediction: Numbers;
    target: Numbers;
    value: number;
    gradient: readonly number[];
  }[];
  readonly optimizers: {
    start: number[];
    a: number[];
    cases: readonly { optimizer: string; args: Record<string, number | boolean>; path: readonly number[][] }[];
  };
  readonly clipping: { start: number[]; norm: number; gradient: number[] };
  readonly schedules: Readonly<Record<string, number[]>>;
  readonly mlp: { x: number[]; y: number[]; weights: number[][]; losses: number[]; after: number[][] };
}

/** What PyTorch computed (test/reference/train.py). */
export const reference = JSON.parse(readFileSync(new URL("../reference/fixtures/train.json", import.meta.url), "utf8")) as Reference;

export function tensorOf({ shape, data, integer = false }: Numbers): Tensor {
  return integer
    ? new Tensor({ shape, dtype: "i32" }, Int32Array.from(data))
    : new Tensor({ shape, dtype: "f32" }, Float32Array.from(data));
}

export function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number, who: string): void {
  for (const [index, value] of expected.entries()) {
    const distance = Math.abs((actual[index] as number) - value);
    if (!(distance <= tolerance * Math.max(1, Math.abs(value))))
      throw new Error(`${who}: number ${index} is ${actual[index]}, PyTorch has ${value}`);
  }
}
