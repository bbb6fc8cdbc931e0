import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSession, type CellOutput, type Session } from "../../kernel/session/index.js";

// The mistakes people make in a first lab, each in a real session: a clear message at the right place, and a session that
// goes on working.

let folder: string;
let session: Session;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lamella-mistakes-"));
  mkdirSync(join(folder, "cut", "mnist"), { recursive: true });
  // An IDX header that promises 10,000 images of 28x28, and 100 bytes of them.
  const header = Buffer.alloc(16);
  for (const [index, value] of [0x803, 10_000, 28, 28].entries()) header.writeUInt32BE(value, 4 * index);
  writeFileSync(join(folder, "cut", "mnist", "t10k-images-idx3-ubyte"), Buffer.concat([header, Buffer.alloc(100)]));
  const labels = Buffer.alloc(8);
  labels.writeUInt32BE(0x801, 0);
  labels.writeUInt32BE(10_000, 4);
  writeFileSync(join(folder, "cut", "mnist", "t10k-labels-idx1-ubyte"), Buffer.concat([labels, Buffer.alloc(10_000)]));
  session = createSession({
    directory: folder,
    environment: { LAMELLA_DATA: "", LAMELLA_OFFLINE: "1", LAMELLA_CACHE: join(folder, "cache") },
  });
});

afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(code: string): Promise<{ status: string; error: string; outputs: CellOutput[]; text: string }> {
  const outputs: CellOutput[] = [];
  const result = await session.execute(code, { onOutput: (output) => outputs.push(output) });
  const text = outputs
    .map((output) =>
      output.kind === "stream" ? output.text : output.kind === "result" || output.kind === "display" ? output.data["text/plain"] : "",
    )
    .join("\n");
  const error = result.status === "ok" ? "" : [result.error.name, result.error.message, ...result.error.traceback].join("\n");
  return { status: result.status, error, outputs, text };
}

async function expectMistake(code: string, ...says: (string | RegExp)[]): Promise<void> {
  const { status, error } = await run(code);
  expect(status, error).toBe("error");
  for (const part of says)
    expect(error).toMatch(part instanceof RegExp ? part : new RegExp(part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  // No stack trace of ours reaches a user for a mistake of theirs.
  expect(error).not.toMatch(/(dist|std|dsl|kernel|node_modules)[\\/][\w\\/-]+\.(js|ts)/);
  expect(await run("1 + 1")).toMatchObject({ status: "ok", text: "2" });
}

describe("a mistake in a net", () => {
  it("a net whose cell failed is not there for later cells, which say which cell that was", async () => {
    await expectMistake("net Failed(image: 28x28x1) {\n  conv 6, 50x50\n}", "line 2");
    for (const statement of ["show Failed", "train Failed on digits { epochs 1 }"])
      await expectMistake(statement, /there is no network `Failed`: Cell \d+, which defines it, failed \[E061\]/, "Failed");
    await expectMistake("show NeverWritten", "NeverWritten");
    expect(await run("net Failed(image: 28x28x1) {\n  conv 6, 5x5\n}\nshow Failed")).toMatchObject({ status: "ok" });
    await expectMistake("net Failed(image: 28x28x1) {\n  conv 6, 50x50\n}");
    // The one before is still there.
    expect(await run("show Failed")).toMatchObject({ status: "ok" });
  });

  it("a wrong layer name", async () => {
    await expectMistake(
      "net A(image: 28x28x1) {\n  cov 6, 5x5\n}",
      "line 2, column 3",
      "there is no layer `cov`; did you mean `conv`?",
      "^^^",
    );
  });

  it("a wrong option", async () => {
    await expectMistake(
      "net A(image: 28x28x1) {\n  conv 6, 5x5\n  maxpool 2x2, strid=2\n}",
      "line 3, column 16",
      "`maxpool` has no option `strid`; did you mean `stride`?",
      "^^^^^",
    );
  });

  it("a claim that does not hold", async () => {
    await expectMistake(
      "net A(image: 28x28x1) {\n  c1: conv 6, 5x5   -> 28x28x6\n}",
      "line 2, column 24",
      "this row gives 24x24x6, not 28x28x6",
      "(28 + 2*0 - 5)/1 + 1 = 24",
    );
  });

  it("a shape that does not fit", async () => {
    await expectMistake(
      "net A(image: 28x28x1) {\n  conv 6, 5x5\n  dense 10\n}",
      "line 3",
      "`dense` works on the last dimension, but the flow is 24x24x6: flatten or gap first?",
    );
  });

  it("several at once", async () => {
    await expectMistake(
      "net A(image: 28x28x1) {\n  cov 6, 5x5\n  conv 6, 5x5\n  maxpol 2x2\n}",
      "did you mean `conv`?",
      "did you mean `maxpool`?",
    );
  });
});

describe("a mistake with data", () => {
  it("a data set that is not there", async () => {
    await expectMistake("await mnist.load({ fallback: false })", "LAMELLA_DATA");
  });

  it("a truncated IDX file", async () => {
    await expectMistake(
      'process.env.LAMELLA_DATA = "cut"; await mnist.load(); mnist.train.size',
      "t10k-images-idx3-ubyte",
      /7,?840,?016|7,?840,?000/,
      /100|116/,
    );
  });

  it("a picture of the wrong size", async () => {
    expect(await run("net Small(image: 28x28x1) { flatten | dense 10 | softmax }")).toMatchObject({ status: "ok" });
    await expectMistake("Small.predict(zeros([4, 32, 32, 1]))", "28x28x1", "32x32x1");
  });
});

describe("a mistake in training", () => {
  it("a loss that becomes NaN stops, names the step and the learning rate, and keeps the session", async () => {
    expect(await run("net Wild(image: 28x28x1) { flatten | dense 32 | relu | dense 1 }")).toMatchObject({ status: "ok" });
    await expectMistake(
      "train Wild on digits {\n  loss mse\n  optimizer sgd(lr=1e20)\n  epochs 2\n  seed 1\n}",
      /NaN|infinit/i,
      /step|epoch/,
      /learning rate|lr/,
    );
    expect((await run("Wild.weightsHash().length")).text).toBe("64");
  });

  it("an option that training does not have", async () => {
    await expectMistake("train Small on digits {\n  optimiser adam(lr=0.01)\n}", "line 2, column 3", "optimizer");
  });
});
