import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSession, type NotebookSession } from "../../kernel/session/index.js";

const folder = mkdtempSync(join(tmpdir(), "lamella-shown-"));
let session: NotebookSession;
beforeAll(async () => {
  session = createSession({ directory: folder });
  await kinds("net T(x: 2) {\n  dense 2 | softmax\n}\n");
}, 60_000);
afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The kinds of output, updates left out. */
async function kinds(code: string): Promise<string[]> {
  const seen: string[] = [];
  const result = await session.execute(code, {
    onOutput: (output) => {
      if (output.kind !== "progress" && !(output.kind === "display" && output.update)) seen.push(output.kind);
    },
  });
  expect(result.status).toBe("ok");
  return seen;
}

it("a curve that the cell has drawn is not drawn again as its result; a later cell may ask for it", async () => {
  const call = "await train(T, spirals, { loss: 'crossentropy', epochs: 1, batch: 64, seed: 1 })";
  expect(await kinds(call)).toEqual(["display"]);
  expect(await kinds(`const history = ${call};\nhistory`)).toEqual(["display"]);
  expect(await kinds("history")).toEqual(["result"]);
});
