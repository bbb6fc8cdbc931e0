import { describe, expect, test } from "vitest";
import { ShapeError, type LamellaError } from "../../std/errors.js";
import * as t from "../../std/tensor/index.js";
import { portableExecutor, tensor, trace, Variable, withScope, type Tensor } from "../../std/tensor/index.js";

const pair = [
  { shape: [2], dtype: "f32" },
  { shape: [2], dtype: "f32" },
] as const;

describe("the portable executor", () => {
  test("runs a graph as often as one likes", () => {
    const plan = portableExecutor.prepare(trace((a, b) => [t.add(a, b), t.mul(a, b)], pair));
    for (const factor of [1, 2]) {
      const [sum, product] = plan.run([tensor([1 * factor, 2]), tensor([3, 4])]);
      expect(sum?.toArray()).toEqual([factor + 3, 6]);
      expect(product?.toArray()).toEqual([3 * factor, 8]);
    }
  });

  test("sets variables all at once, from the values at the start of the step", () => {
    const a = new Variable("a", tensor([1, 2]));
    const b = new Variable("b", tensor([3, 4]));
    const swap = trace(() => {
      const [left, right] = [a.value, b.value];
      a.assign(right);
      b.assign(left);
      return left;
    }, []);
    const [out] = portableExecutor.prepare(swap).run([]);
    expect([a.value.toArray(), b.value.toArray()]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    // What was handed out stays what it was.
    expect(out?.toArray()).toEqual([1, 2]);
  });

  test("reads what was assigned before in the same step", () => {
    const a = new Variable("a", tensor([1, 2]));
    const graph = trace(() => {
      a.assign(t.add(a.value, 1));
      return t.mul(a.value, 10);
    }, []);
    expect(portableExecutor.prepare(graph).run([])[0]?.toArray()).toEqual([20, 30]);
  });

  test("refuses inputs of another type than planned", () => {
    const plan = portableExecutor.prepare(
      trace((a, b) => t.add(a, b), pair),
      { name: "step of Net" },
    );
    expect(() => plan.run([tensor([1, 2])])).toThrow(new ShapeError("step of Net takes 2 inputs, but 1 arrived"));
    expect(() => plan.run([tensor([1, 2, 3]), tensor([1, 2])])).toThrow(
      new ShapeError("step of Net: input 0 was planned as 2 f32, but 3 f32 arrived"),
    );
  });

  test("names the first operation that made a NaN, and its row", () => {
    const graph = trace((a) => withScope("loss of Net", () => t.mul(t.log(t.sub(a, 1)), 0)), [{ shape: [3], dtype: "f32" }]);
    const plan = portableExecutor.prepare(graph, { name: "step of Net", checkNumbers: true });
    expect(() => plan.run([tensor([2, 3, 1])])).toThrow(
      "step of Net: log in loss of Net made -Infinity (first at element 2 of 3); from numbers that were all finite: " +
        "a learning rate that is too large, a logarithm or a root of 0, or a division by 0",
    );
  });

  test("tells a NaN that came in from one that was made", () => {
    const plan = portableExecutor.prepare(
      trace((a) => t.add(a, 1), [{ shape: [2], dtype: "f32" }]),
      { checkNumbers: true },
    );
    expect(() => plan.run([tensor([0, NaN])])).toThrow(
      "this graph: add made NaN (first at element 1 of 2); its input held such a number already: look at the data, " +
        "or at weights from a step that went wrong",
    );
  });

  test("names the row of the network in errors of the data", () => {
    const graph = trace(
      (w, i) => withScope("embed of Net", () => t.embedding(w, i)),
      [
        { shape: [3, 2], dtype: "f32" },
        { shape: [2], dtype: "i32" },
      ],
    );
    const run = (): unknown => portableExecutor.prepare(graph).run([t.zeros([3, 2]), tensor([0, 3], { dtype: "i32" })]);
    expect(run).toThrow("embedding: index 3 at position 1 is out of range; it must be from 0 to 2");
    try {
      run();
    } catch (error) {
      expect((error as LamellaError).context).toEqual(["in embed of Net"]);
    }
  });

  test("stops when aborted and leaves the variables as they were", async () => {
    const a = new Variable("a", tensor([1, 2]));
    const graph = trace(
      (x) => {
        let value: Tensor = x;
        for (let i = 0; i < 50; i++) value = t.sin(value);
        a.assign(value);
        return value;
      },
      [{ shape: [2], dtype: "f32" }],
    );
    const stop = new AbortController();
    stop.abort();
    await expect(portableExecutor.prepare(graph).runAsync([tensor([1, 2])], { signal: stop.signal })).rejects.toThrow(/abort/i);
    expect(a.value.toArray()).toEqual([1, 2]);
    const [out] = await portableExecutor.prepare(graph).runAsync([tensor([1, 2])]);
    expect(a.value.toArray()).toEqual(out?.toArray());
  });

  test("knows its peak: two factors and their product, 100 numbers of 4 bytes each", () => {
    const graph = trace((x) => t.mul(t.exp(x), t.sin(x)), [{ shape: [100], dtype: "f32" }]);
    expect(portableExecutor.prepare(graph).peakBytes).toBe(3 * 400);
  });
});
