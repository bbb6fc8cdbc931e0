import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KernelClient, isStatus, sleep } from "./client.js";

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await KernelClient.start();
  await kernel.execute("let kept = 'as it was'");
}, 60_000);
afterAll(async () => {
  await kernel.stop();
});

async function value(code: string): Promise<unknown> {
  const { outputs, reply } = await kernel.execute(code);
  if (reply["status"] !== "ok") throw new Error(JSON.stringify(reply));
  const result = outputs.find(({ type }) => type === "execute_result");
  return (result?.content["data"] as Record<string, string> | undefined)?.["text/plain"];
}

describe("cells", () => {
  it("variables are live across cells and may be declared anew", async () => {
    await kernel.execute("let step = 0; function current() { return step; }");
    expect(await value("step = 5; current()")).toBe("5");
    await kernel.execute("let step = 'a string now'");
    expect(await value("`${step} ${current()}`")).toBe("'a string now a string now'");
  });

  it("constants of earlier cells stay constant, classes and enums may be declared anew", async () => {
    await kernel.execute("const fixed = 1; class Box { size = 1 } enum Mode { A, B }");
    expect((await kernel.execute("fixed = 2")).reply["evalue"]).toBe("Cannot assign to 'fixed' because it is a constant.");
    await kernel.execute("class Box { width = 3 } enum Mode { C = 7 }");
    expect(await value("new Box().width + Mode.C")).toBe("10");
    expect(await value("Object.keys(Mode).length")).toBe("2");
  });

  it("imports: node, local TypeScript with its types, edited files anew, ESM-only packages, types alone", async () => {
    writeFileSync(
      join(kernel.folder, "shapes.ts"),
      "import { twice } from './deeper.js';\nexport interface Point { x: number }\nexport const area = (side: number): number => twice(side) * side / 2;\n",
    );
    writeFileSync(join(kernel.folder, "deeper.ts"), "export const twice = (n: number): number => 2 * n;\n");
    expect(
      await value(
        "import { area, type Point } from './shapes'; import { join } from 'node:path'; const p: Point = { x: 3 }; join('a', String(area(p.x)))",
      ),
    ).toBe(join("'a", "9'"));
    const pkg = join(kernel.folder, "node_modules", "only-esm");
    mkdirSync(pkg, { recursive: true });
    writeFileSync(
      join(pkg, "package.json"),
      JSON.stringify({ name: "only-esm", version: "1.0.0", type: "module", exports: { ".": { import: "./index.js" } } }),
    );
    writeFileSync(join(pkg, "index.js"), "export const answer = 42; export default 'whole';\n");
    expect(await value("import whole, { answer } from 'only-esm'; `${whole} ${answer}`")).toBe("'whole 42'");
    expect(await value("(await import('only-esm')).answer")).toBe("42");
    await sleep(20);
    writeFileSync(join(kernel.folder, "deeper.ts"), "export const twice = (n: number): number => 200 * n;\n");
    expect(await value("import { area as newArea } from './shapes'; newArea(3)")).toBe("900");
    const { reply } = await kernel.execute("import { nothing } from 'not-installed'");
    expect(reply["evalue"]).toContain("Cannot find module 'not-installed'");
    expect((await kernel.execute("import 'not-installed'")).reply["evalue"]).toBe(
      'there is no module "not-installed" here; run `npm install not-installed` in the notebook\'s folder',
    );
  });

  it("the names of the package are there, and may be imported and shadowed", async () => {
    expect(await value("zeros([2, 3]).shape")).toBe("[ 2, 3 ]");
    expect(await value("import { zeros as none } from 'lamella'; none([1]).shape")).toBe("[ 1 ]");
    expect(await value("const zeros = 'mine'; zeros.length")).toBe("4");
  });

  it("both languages share their names", async () => {
    await kernel.execute("let width = 12");
    expect((await kernel.execute("net Small(x: 4) {\n  hidden: dense width | relu\n  dense 3\n}")).reply["status"]).toBe("ok");
    expect(await value("Small.parameterCount")).toBe(String(4 * 12 + 12 + 12 * 3 + 3));
    expect(await value("Small.taps.hidden.name")).toBe("'hidden'");
  });

  it("mistakes in the layer language are shown at their place", async () => {
    const { reply } = await kernel.execute("net Wrong(image: 28x28x1) {\n  conv 6, 5x5   -> 23x24x6\n  flatten\n  dens 10\n}");
    expect(reply["traceback"]).toEqual(
      expect.arrayContaining([expect.stringContaining("line 4, column 3: there is no layer `dens`; did you mean `dense`?"), "    ^^^^"]),
    );
    const claim = await kernel.execute("net Wrong(image: 28x28x1) {\n  conv 6, 5x5   -> 23x24x6\n}");
    expect((claim.reply["traceback"] as string[]).slice(0, 3)).toEqual([
      expect.stringContaining("line 2, column 20: this row gives 24x24x6, not 23x24x6"),
      "    conv 6, 5x5   -> 23x24x6",
      "                     ^^^^^^^",
    ]);
  });

  it("an error of the library is shown with the line of the cell, without our frames", async () => {
    const { reply } = await kernel.execute("const left = ones([2, 3]);\nmatmul(left, left);");
    const traceback = (reply["traceback"] as string[]).join("\n");
    expect(reply["ename"]).toBe("ShapeError");
    expect(traceback).toContain("line 2, column 1\n    matmul(left, left);\n    ^");
    expect(traceback).not.toMatch(/std|dist|node:/);
  });

  it("magics", async () => {
    expect((await kernel.execute("%env LAMELLA_TEST=17")).stdout).toBe("LAMELLA_TEST=17\n");
    expect(await value("process.env.LAMELLA_TEST")).toBe("'17'");
    expect((await kernel.execute("%time 1 + 1")).stdout).toMatch(/^Wall time: \S+ \S+ {3}CPU time: \S+ \S+\n$/);
    expect((await kernel.execute("%%svg\n<svg/>")).outputs[0]).toMatchObject({
      type: "display_data",
      content: { data: { "image/svg+xml": "<svg/>" } },
    });
    expect((await kernel.execute("%%layers\nnet Marked(x: 2) { dense 1 }")).reply["status"]).toBe("ok");
    const help = (await kernel.execute("%help")).stdout;
    expect(help).toContain("%%layers");
    expect(help).toContain("or with let lines before one of these");
    expect((await kernel.execute("!echo shell")).reply["status"]).toBe("error");
  });

  it("late errors of timers and promises are shown and end nothing", async () => {
    const { outputs, reply } = await kernel.execute(
      "setTimeout(() => { throw new Error('late'); }, 5); await new Promise((resolve) => setTimeout(resolve, 60)); 1",
    );
    expect(reply["status"]).toBe("ok");
    expect(outputs[0]?.content).toMatchObject({ name: "stderr", text: expect.stringContaining("Error: late\n  at ") as string });
  });
});

describe("output", () => {
  it("20,000 prints arrive whole, in order, merged, before idle", async () => {
    const began = performance.now();
    const { stdout, outputs } = await kernel.execute("for (let i = 0; i < 20000; i++) console.log(i)");
    const seconds = (performance.now() - began) / 1000;
    expect(stdout).toBe(Array.from({ length: 20_000 }, (_, index) => `${index}\n`).join(""));
    expect(outputs.length).toBeLessThanOrEqual(60 * seconds + 2);
  });

  it("prints that trickle for a second come as at most 60 messages", async () => {
    const { outputs } = await kernel.execute(
      "const stopAt = Date.now() + 1000;\nwhile (Date.now() < stopAt) { console.log(Date.now()); await new Promise((next) => setTimeout(next, 1)); }",
    );
    expect(outputs.length).toBeGreaterThan(5);
    expect(outputs.length).toBeLessThanOrEqual(62);
  });

  it("stdout, stderr and displays keep their order", async () => {
    const { outputs } = await kernel.execute("console.log('a'); console.error('b'); display('c'); process.stdout.write('d'); 'e'");
    const seen = outputs.map(({ type, content }) => [type, content["text"] ?? (content["data"] as Record<string, string>)["text/plain"]]);
    expect(seen).toEqual([
      ["stream", "a\n"],
      ["stream", "b\n"],
      ["display_data", "'c'"],
      ["stream", "d"],
      ["execute_result", "'e'"],
    ]);
  });

  it("prints are live in a synchronous loop", async () => {
    const { id, done } = await kernel.begin("console.log('early'); const until = Date.now() + 700; while (Date.now() < until) {}");
    const early = await kernel.receive("iopub", (message) => message.header.msg_type === "stream" && message.parent.msg_id === id);
    expect(early.content["text"]).toBe("early\n");
    expect(kernel.published.some((message) => isStatus(message, "idle") && message.parent.msg_id === id)).toBe(false);
    await done;
  });

  it("displays are updated under the same id, output is cleared", async () => {
    const { outputs } = await kernel.execute("const place = display(1); place.update(2); clearOutput({ wait: true })");
    expect(outputs.map(({ type }) => type)).toEqual(["display_data", "update_display_data", "clear_output"]);
    const ids = outputs.slice(0, 2).map(({ content }) => (content["transient"] as Record<string, string>)["display_id"]);
    expect(ids[0]).toBe(ids[1]);
    expect(outputs[2]?.content).toEqual({ wait: true });
  });

  it("50 MB of output", async () => {
    const { stdout } = await kernel.execute("for (let i = 0; i < 50; i++) console.log('x'.repeat(1_000_000))");
    expect(stdout.length).toBe(50_000_050);
  });

  it("a value whose picture fails is still shown", async () => {
    const { outputs } = await kernel.execute("({ [Symbol.for('Jupyter.display')]() { throw new Error('no pen') } })");
    expect((outputs[0]?.content["data"] as Record<string, string> | undefined)?.["text/plain"]).toContain(
      "(it could not be drawn: Error: no pen)",
    );
  });
});

describe("input and comms", () => {
  it("input and prompt ask the front end", async () => {
    for (const ask of ["await input('name? ')", "prompt('name? ')"]) {
      const { id, done } = await kernel.begin(`'hello ' + ${ask}`, { allow_stdin: true });
      const question = await kernel.receive("stdin", (message) => message.parent.msg_id === id);
      expect(question.content).toEqual({ prompt: "name? ", password: false });
      await kernel.send("input_reply", { status: "ok", value: "Ada" }, "stdin");
      expect((await done).outputs[0]?.content["data"]).toEqual({ "text/plain": "'hello Ada'" });
    }
    const { reply } = await kernel.execute("await input('?')");
    expect(reply["evalue"]).toContain("nobody can be asked here");
  });

  it("comms go both ways; an unknown target is closed", async () => {
    await kernel.execute("registerCommTarget('echo', (comm) => { comm.onMessage = (data) => comm.send({ back: data }); })");
    const back = kernel.receive("iopub", ({ header }) => header.msg_type === "comm_msg");
    await kernel.send("comm_open", { comm_id: "c1", target_name: "echo", data: {} });
    await kernel.send("comm_msg", { comm_id: "c1", data: { n: 1 } });
    expect((await back).content).toEqual({ comm_id: "c1", data: { back: { n: 1 } } });
    expect(await kernel.request("comm_info_request", { target_name: "echo" })).toEqual({
      status: "ok",
      comms: { c1: { target_name: "echo" } },
    });
    const closed = kernel.receive("iopub", ({ header }) => header.msg_type === "comm_close");
    await kernel.send("comm_open", { comm_id: "c2", target_name: "nobody", data: {} });
    expect((await closed).content["comm_id"]).toBe("c2");
    const { outputs } = await kernel.execute("new Comm('from-here', { start: true }).target");
    expect(outputs[0]).toMatchObject({ type: "comm_open", content: { target_name: "from-here", data: { start: true } } });
  });
});

describe("interrupts", () => {
  const cells: readonly (readonly [string, string])[] = [
    ["a synchronous loop", "while (true) {}"],
    ["a loop after an await", "await null; while (true) {}"],
    ["a loop in a timer", "await new Promise(() => setTimeout(() => { while (true) {} }, 5))"],
    ["a loop inside try/catch", "while (true) { try { while (true) {} } catch {} }"],
    ["an asynchronous loop", "while (true) await new Promise((resolve) => setTimeout(resolve, 5))"],
    ["an asynchronous loop that catches", "while (true) { try { await new Promise((resolve) => setTimeout(resolve, 5)); } catch {} }"],
    ["a promise that never settles", "await new Promise(() => {})"],
    ["a flood of output", "while (true) console.log('x')"],
  ];
  it.each(cells)("%s", async (_, code) => {
    const { done } = await kernel.begin(code);
    await sleep(350);
    const asked = performance.now();
    expect(await kernel.request("interrupt_request", {}, "control")).toEqual({ status: "ok" });
    // A second one right after does no harm.
    await kernel.request("interrupt_request", {}, "control");
    const { reply } = await done;
    expect(reply).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(await value("kept")).toBe("'as it was'");
  });

  it.each(["await input('?')", "prompt('?')"])("a pending %s", async (code) => {
    const { id, done } = await kernel.begin(code, { allow_stdin: true });
    await kernel.receive("stdin", (message) => message.parent.msg_id === id);
    await kernel.request("interrupt_request", {}, "control");
    expect((await done).reply).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
    expect(await value("kept")).toBe("'as it was'");
  });

  it("a prompt whose interrupt is caught: what follows for 200 ms is not cut off", async () => {
    const code = "try { prompt('?') } catch (stop) { const end = Date.now() + 200; while (Date.now() < end) {} throw stop }";
    const { id, done } = await kernel.begin(code, { allow_stdin: true });
    await kernel.receive("stdin", (message) => message.parent.msg_id === id);
    const asked = performance.now();
    await kernel.request("interrupt_request", {}, "control");
    expect((await done).reply).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
    expect(performance.now() - asked).toBeGreaterThan(190);
    expect(await value("kept")).toBe("'as it was'");
  });

  it("training stops with the weights it has reached", async () => {
    await kernel.execute("net Learner(image: 28x28) { flatten | dense 16 | relu | dense 10 | softmax }");
    const { id, done } = await kernel.begin(
      "train Learner on digits {\n  loss crossentropy\n  optimizer sgd(lr=0.1)\n  epochs 100000\n  batch 16\n  seed 1\n}",
    );
    await kernel.receive("iopub", ({ header, parent }) => header.msg_type === "update_display_data" && parent.msg_id === id);
    await kernel.request("interrupt_request", {}, "control");
    expect((await done).reply).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
    const trained = await value("Learner.weightsHash()");
    expect(trained).toMatch(/^'[0-9a-f]{16,}'$/);
    expect(await value("Learner.initialize(1); Learner.weightsHash()")).not.toBe(trained);
  });

  it("what is left of interrupted cells may be collected as garbage", async () => {
    for (let round = 0; round < 6; round += 1) {
      const { done } = await kernel.begin("while (true) { try { await new Promise((resolve) => setTimeout(resolve, 5)); } catch {} }");
      await sleep(100);
      await kernel.request("interrupt_request", {}, "control");
      expect((await done).reply).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
      const garbage = "for (let i = 0, kept = []; i < 300; i++) kept[i % 3] = new Array(100_000).fill({});";
      expect((await kernel.execute(garbage)).reply).toMatchObject({ status: "ok" });
    }
    expect(await value("kept")).toBe("'as it was'");
  });

  it("without a running cell it does nothing", async () => {
    await kernel.request("interrupt_request", {}, "control");
    expect(await value("kept")).toBe("'as it was'");
  });
});
