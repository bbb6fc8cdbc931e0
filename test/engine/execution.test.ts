import vm from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import { compile, configureEngine, engineInfo, executor } from "../../std/engine/index.js";
import { currentEngine, type Engine } from "../../std/engine/engine.js";
import {
  add,
  cumsum,
  div,
  gradients,
  matmul,
  mul,
  portableExecutor,
  sub,
  sum,
  tanh,
  Tensor,
  tensor,
  trace,
  Variable,
} from "../../std/tensor/index.js";
import { leNetStep, mlpStep, random } from "./networks.js";

afterAll(() => configureEngine({}));

const bits = (data: ArrayLike<number>): number[] => Array.from(new Uint32Array(Float32Array.from(data).buffer));

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition() && waited < 500; waited++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

/** A graph that takes a while on any machine: products one after the other. */
function longGraph(count: number): ReturnType<typeof trace> {
  return trace(
    (x) => {
      let y = x;
      for (let i = 0; i < count; i++) y = mul(matmul(y, x), 1e-3);
      return sum(y);
    },
    [{ shape: [512, 512], dtype: "f32" }],
  );
}

describe.each([1, 2])("with %i threads", (threads) => {
  test("the same step gives the same bits twice, by run and by runAsync", async () => {
    configureEngine({ threads });
    const results: number[][] = [];
    for (const how of ["run", "run", "runAsync"] as const) {
      const step = leNetStep(16);
      const plan = executor().prepare(step.graph);
      const losses: number[] = [];
      for (let i = 0; i < 4; i++) {
        const [loss] = how === "run" ? plan.run(step.inputs) : await plan.runAsync(step.inputs);
        losses.push((loss as Tensor).item());
      }
      results.push([...bits(losses), ...step.variables.flatMap(({ storage }) => bits(storage))]);
      plan.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test("an abort ends a run and leaves the variables as they were", async () => {
    configureEngine({ threads });
    const counter = new Variable("counter", tensor([0]));
    const total = new Variable("total", tensor([0]));
    const graph = trace(
      (x) => {
        let y = x;
        for (let i = 0; i < 100; i++) y = mul(matmul(y, x), 1e-3);
        const result = sum(y);
        counter.assign(add(counter.value, 1));
        total.assign(add(mul(result, 0), counter.value));
        return result;
      },
      [{ shape: [512, 512], dtype: "f32" }],
    );
    const plan = executor().prepare(graph);
    const x = random([512, 512], 5);
    await plan.runAsync([x]);
    expect([counter.value.item(), total.value.item()]).toEqual([1, 1]);
    const control = new AbortController();
    const running = plan.runAsync([x], { signal: control.signal });
    setTimeout(() => control.abort(), 20);
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect([counter.value.item(), total.value.item()]).toEqual([1, 1]);
    await plan.runAsync([x]);
    expect([counter.value.item(), total.value.item()]).toEqual([2, 2]);
    plan.dispose();
  });

  test("a signal that has fired already stops the run before it begins", async () => {
    configureEngine({ threads });
    const plan = executor().prepare(longGraph(20));
    await expect(plan.runAsync([random([512, 512], 1)], { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
    plan.dispose();
  });

  test("a run on the calling thread while another is under way on the workers", async () => {
    configureEngine({ threads });
    const long = executor().prepare(longGraph(20));
    const step = mlpStep(64, [784, 128, 10]);
    const alone = mlpStep(64, [784, 128, 10]);
    const plan = executor().prepare(step.graph);
    const [expected] = executor().prepare(alone.graph).run(alone.inputs);
    const x = random([512, 512], 3);
    const [first] = await long.runAsync([x]);
    const running = long.runAsync([x]);
    const [loss] = plan.run(step.inputs);
    const [second] = await running;
    expect(loss?.item()).toBe(expected?.item());
    expect(second?.item()).toBe(first?.item());
  });
});

test("the calling thread stays free during runAsync", async () => {
  configureEngine({ threads: 2 });
  const plan = executor().prepare(longGraph(60));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await plan.runAsync([random([512, 512], 1)]);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
  plan.dispose();
});

test("asynchronous runs wait for each other", async () => {
  configureEngine({ threads: 2 });
  const plan = executor().prepare(longGraph(20));
  const x = random([512, 512], 1);
  const results = await Promise.all([plan.runAsync([x]), plan.runAsync([x]), plan.runAsync([x])]);
  expect(new Set(results.map(([value]) => value?.item())).size).toBe(1);
});

test("a worker that ends during a run is an error, and the next run has new workers", async () => {
  configureEngine({ threads: 2 });
  const plan = executor().prepare(longGraph(200));
  const x = random([512, 512], 1);
  const running = plan.runAsync([x]);
  const { pool } = currentEngine() as Engine;
  await until(() => pool.available(0) || pool.busy);
  setTimeout(() => void pool.workers[1]?.terminate(), 30);
  await expect(running).rejects.toThrow(/worker thread .*during a run; variables keep their values of the last whole step/);
  const again = await plan.runAsync([x]);
  expect(again).toHaveLength(1);
  expect(currentEngine()?.pool).not.toBe(pool);
  plan.dispose();
});

test("workers that ended between runs are replaced", async () => {
  configureEngine({ threads: 2 });
  const plan = executor().prepare(longGraph(4));
  const x = random([512, 512], 1);
  const [first] = await plan.runAsync([x]);
  await Promise.all((currentEngine() as Engine).pool.workers.map((worker) => worker.terminate()));
  const [second] = await plan.runAsync([x]);
  const [third] = plan.run([x]);
  expect([second?.item(), third?.item()]).toEqual([first?.item(), first?.item()]);
  plan.dispose();
});

test("a synchronous run ended from outside, past every finally, leaves the engine usable", async () => {
  configureEngine({ threads: 2 });
  const plan = executor().prepare(longGraph(4));
  const x = random([512, 512], 1);
  const [expected] = await plan.runAsync([x]);
  // What an interrupt does to a cell: V8 ends the execution wherever it is.
  const loop = vm.runInThisContext("(run) => { for (;;) run(); }") as (run: () => void) => void;
  Object.assign(globalThis, { endless: () => loop(() => plan.run([x])) });
  for (let round = 0; round < 3; round++) {
    expect(() => vm.runInThisContext("endless()", { timeout: 60 })).toThrow("timed out");
    const [sync] = plan.run([x]);
    const [async] = await plan.runAsync([x]);
    expect([sync?.item(), async?.item()]).toEqual([expected?.item(), expected?.item()]);
  }
  plan.dispose();
});

test("variables exchange values, and an output is the old value", () => {
  configureEngine({});
  const a = new Variable("a", tensor([1, 2, 3]));
  const b = new Variable("b", tensor([10, 20, 30]));
  const graph = trace(() => {
    const [oldA, oldB] = [a.value, b.value];
    a.assign(oldB);
    b.assign(add(oldA, 1));
    return [oldA, oldB];
  }, []);
  const plan = executor().prepare(graph);
  const [oldA, oldB] = plan.run([]);
  expect([oldA?.toArray(), oldB?.toArray()]).toEqual([
    [1, 2, 3],
    [10, 20, 30],
  ]);
  expect([a.value.toArray(), b.value.toArray()]).toEqual([
    [10, 20, 30],
    [2, 3, 4],
  ]);
});

test("a new value that another variable's new value is made of", () => {
  const a = new Variable("a", tensor([1, 2]));
  const b = new Variable(
    "b",
    tensor([
      [1, 1],
      [2, 2],
    ]),
  );
  const graph = trace(() => {
    a.assign(mul(a.value, 2));
    b.assign(add(b.value, a.value));
    return sum(a.value);
  }, []);
  const plan = executor().prepare(graph);
  expect(plan.run([])[0]?.item()).toBe(6);
  expect(a.value.toArray()).toEqual([2, 4]);
  expect(b.value.toArray()).toEqual([
    [3, 5],
    [4, 6],
  ]);
  expect(plan.run([])[0]?.item()).toBe(12);
  expect(b.value.toArray()).toEqual([
    [7, 13],
    [8, 14],
  ]);
});

test("a variable assigned outside is read by the next run", () => {
  const scale = new Variable("scale", tensor([2]));
  const plan = executor().prepare(trace((x) => mul(x, scale.value), [{ shape: [3], dtype: "f32" }]));
  expect(plan.run([tensor([1, 2, 3])])[0]?.toArray()).toEqual([2, 4, 6]);
  scale.assign(tensor([5]));
  expect(plan.run([tensor([1, 2, 3])])[0]?.toArray()).toEqual([5, 10, 15]);
});

test("compile traces once per types and frees its plans", () => {
  let traced = 0;
  const f = compile((x: Tensor) => {
    traced++;
    return add(x, 1);
  });
  expect(f(tensor([1, 2])).toArray()).toEqual([2, 3]);
  expect(f(tensor([3, 4])).toArray()).toEqual([4, 5]);
  expect(f(tensor([3])).toArray()).toEqual([4]);
  expect(traced).toBe(2);
  f.dispose();
  expect(f(tensor([1])).toArray()).toEqual([2]);
  expect(traced).toBe(3);
});

test.each([1, 2])("a guarded plan whose new value would be no number changes nothing, with %i threads", (threads) => {
  configureEngine({ threads });
  const large = 1 << 20;
  const state = new Variable("state", new Tensor({ shape: [large], dtype: "f32" }, new Float32Array(large).fill(1)));
  const graph = trace(
    (x) => {
      const slope = cumsum(div(1, x)); // a kernel: not part of what writes the variable
      state.assign(add(state.value, mul(slope, state.value)));
      return sum(x);
    },
    [{ shape: [large], dtype: "f32" }],
  );
  const plan = executor().prepare(graph, { name: "step of Net", guardedOutputs: 1 });
  const good = new Float32Array(large).fill(2);
  plan.run([new Tensor({ shape: [large], dtype: "f32" }, good)]);
  expect(state.storage[0]).toBe(1.5);
  const after = state.storage.slice();
  const bad = good.slice();
  bad[large - 1] = 0; // in the last part
  expect(() => plan.run([new Tensor({ shape: [large], dtype: "f32" }, bad)])).toThrow(
    /step of Net: cumsum gave a number that is not finite/,
  );
  expect(state.storage.every((value, at) => value === after[at])).toBe(true);
  bad[large - 1] = Infinity; // in the output
  expect(() => plan.run([new Tensor({ shape: [large], dtype: "f32" }, bad)])).toThrow(/step of Net: sum gave/);
  configureEngine({});
});

test("checkNumbers names the first operation that gives NaN, and its row, and changes nothing", () => {
  const state = new Variable("state", tensor([1]));
  const graph = trace(
    (x) => {
      const y = div(sub(x, x), sub(x, x));
      state.assign(add(state.value, sum(mul(y, 2))));
      return sum(y);
    },
    [{ shape: [4], dtype: "f32" }],
  );
  const plan = executor().prepare(graph, { name: "step of Net", checkNumbers: true });
  expect(() => plan.run([tensor([1, 2, 3, 4])])).toThrow(/^step of Net: div gave a number that is not finite/);
  expect(state.value.item()).toBe(1);
});

test("a wrong input is refused", () => {
  const plan = executor().prepare(
    trace((x) => add(x, 1), [{ shape: [3], dtype: "f32" }]),
    { name: "f" },
  );
  expect(() => plan.run([tensor([1, 2])])).toThrow("f: input 0 was planned as 3 f32, but 2 f32 arrived");
  expect(() => plan.run([])).toThrow("f takes 1 inputs, but 0 arrived");
});

test("a plan that cannot fit says what it needs, what there is, and what would fit", () => {
  const graph = trace((x) => add(matmul(x, x), 1), [{ shape: [40, 8192, 8192], dtype: "f32" }]);
  expect(() => executor().prepare(graph, { name: "big" })).toThrow(
    /^big on 40x8192x8192 needs 2\d\.\d\d GiB of engine memory in one piece, but only \d\.\d\d GiB of 4 GiB are free \(.*\): a batch of \d instead of 40 would fit$/,
  );
});

test("the batch that would fit does: what the variables take is taken off first", () => {
  // A linear layer whose weights and their gradient take 256 MiB, and 64 MiB for each example.
  const weight = new Variable("weight", new Tensor({ shape: [8192, 8192], dtype: "f32" }, new Float32Array(8192 * 8192)));
  const step = (batch: number) => (): unknown => {
    const graph = trace(
      (x) => {
        const loss = sum(tanh(matmul(x, weight.value)));
        weight.assign(sub(weight.value, mul(gradients(loss, [weight.value])[0] as Tensor, 1e-3)));
        return loss;
      },
      [{ shape: [batch, 2048, 8192], dtype: "f32" }],
    );
    return executor().prepare(graph, { name: "linear" }).dispose();
  };
  let told = "";
  try {
    step(100)();
  } catch (error) {
    told = String(error);
  }
  const batch = Number(/a batch of (\d+) instead of 100 would fit/.exec(told)?.[1]);
  expect(batch).toBeGreaterThan(10);
  expect(step(batch)).not.toThrow();
});

test("without SIMD the portable executor stands in and says what is lost", () => {
  configureEngine({ simd: "none" });
  expect(executor()).toBe(portableExecutor);
  expect(engineInfo()).toMatchObject({ threads: 1, simd: "none", blas: null, description: "portable JavaScript, 1 thread" });
  expect(engineInfo().losses[0]).toContain("plain JavaScript");
  const f = compile((x: Tensor) => mul(x, 2));
  expect(f(tensor([1, 2])).toArray()).toEqual([2, 4]);
  configureEngine({});
  expect(executor().name).toBe("engine");
});

test("settings that do not exist are refused", () => {
  expect(() => configureEngine({ threads: 0 })).toThrow("asked to use 0 threads");
  configureEngine({ blas: "/nowhere/libblas.so" });
  expect(() => executor()).toThrow(/LAMELLA_BLAS names \/nowhere\/libblas.so, which cannot be used as a BLAS/);
  configureEngine({});
});

test("2,000 steps leave memory as it was", () => {
  configureEngine({ threads: 2 });
  const step = mlpStep(32, [20, 32, 4]);
  const plan = executor().prepare(step.graph);
  const { heap } = (currentEngine() as Engine).memory;
  for (let i = 0; i < 200; i++) plan.run(step.inputs);
  const used = heap.used;
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 2000; i++) plan.run(step.inputs);
  expect(heap.used).toBe(used);
  // Each run makes one array of 4 bytes, which the collector frees when it likes.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  plan.dispose();
});
