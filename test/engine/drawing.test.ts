import { expect, test } from "vitest";
import { currentEngine } from "../../std/engine/engine.js";
import "../../std/engine/index.js";
import { initialNumbers, toInitializer } from "../../std/layers/index.js";
import { Variable } from "../../std/tensor/index.js";
import { fillNormal, fillUniform } from "../../std/tensor/random.js";

const many = 200_003;
const few = 50_000; // drawn in plain JavaScript

test.each([
  ["normal", fillNormal, 0.5, 0.01],
  ["uniform", fillUniform, -0.3, 0.3],
] as const)("many %s numbers, which kernels draw, are bit for bit those that JavaScript draws", (_, fill, a, b) => {
  const key = [7, 0xfedcba98] as const;
  const drawn = new Float32Array(many);
  fill(drawn, key, a, b);
  const known = new Float32Array(few);
  fill(known, key, a, b);
  expect(Buffer.compare(Buffer.from(drawn.buffer, 0, 4 * few), Buffer.from(known.buffer))).toBe(0);
  // The last numbers are no whole block.
  expect([...drawn.subarray(-5)].every((value) => value !== 0 && Math.abs(value) < 1)).toBe(true);
});

test("weights that begin in the engine's memory are those that begin in JavaScript's", () => {
  const engine = currentEngine();
  if (engine === null) throw new Error("the kernels are not built");
  const weight = (): Variable =>
    new Variable("weight", initialNumbers({ name: "weight", shape: [300, 401], init: toInitializer("he") }, [1, 2]));
  const [inside, outside] = [weight(), weight()];
  engine.memory.addressOf(inside);
  expect(engine.memory.owns(inside.storage)).toBe(true);
  expect(engine.memory.owns(outside.storage)).toBe(false);
  expect([...inside.storage]).toEqual([...outside.storage]);
  const first = inside.storage.slice();
  inside.reset(initialNumbers({ name: "weight", shape: [300, 401], init: toInitializer("he") }, [3, 2]));
  outside.reset(initialNumbers({ name: "weight", shape: [300, 401], init: toInitializer("he") }, [3, 2]));
  expect(engine.memory.owns(inside.storage)).toBe(true);
  expect([...inside.storage]).toEqual([...outside.storage]);
  expect(inside.storage).not.toEqual(first);
});
