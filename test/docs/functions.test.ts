import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KernelClient } from "../kernel/client.js";

const page = readFileSync(new URL("../../docs/functions.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```ts\n(.*?)^```\n\n^```\n(.*?)^```$/gms)].map(([, code, output]) => ({
  code: code as string,
  output: (output as string).trim(),
}));

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await KernelClient.start();
}, 60_000);
afterAll(() => kernel.stop());

/** What a cell gives: its value as text, or its error. */
async function run(code: string): Promise<string> {
  const { outputs, reply } = await kernel.execute(code);
  if (reply["status"] === "error") return `${String(reply["ename"])}: ${String(reply["evalue"])}`;
  const result = outputs.find(({ type }) => type === "execute_result");
  return (result?.content["data"] as Record<string, string> | undefined)?.["text/plain"] ?? "undefined";
}

/** In the page `...` stands for digits that nobody needs to read. */
const pattern = (output: string): RegExp =>
  new RegExp(
    `^${output
      .split("...")
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join(".*")}$`,
    "s",
  );

describe("docs/functions.md", () => {
  test("has an example of each function", () => {
    for (const name of ["grad", "valueAndGrad", "compile", "trace", "checkGradients"])
      expect(examples.some(({ code }) => code.includes(`${name}(`)), name).toBe(true);
  });

  test.each(examples)("$code", async ({ code, output }) => {
    expect(await run(code)).toMatch(pattern(output));
  });
});
