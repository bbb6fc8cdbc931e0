import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSession, type Session } from "../../kernel/session/index.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```\n([\s\S]*?)\n```$/gm)].map((match) => match[1] as string);
const program = blocks.find((block) => block.startsWith("net LeNet")) as string;

let session: Session;

beforeAll(() => {
  session = createSession({ directory: tmpdir(), environment: { LAMELLA_OFFLINE: "1" } });
});

afterAll(() => session.close());

async function shown(code: string): Promise<string> {
  const texts: string[] = [];
  await session.execute(code, {
    onOutput: (output) => {
      if (output.kind === "display" && !output.update) texts.push(output.data["text/plain"]);
      if (output.kind === "error") texts.push(output.error.traceback.join("\n"));
    },
  });
  return texts.join("\n");
}

describe("the README is true", () => {
  it("the example shows the table that stands below it", async () => {
    const table = blocks[blocks.indexOf(program) + 1] as string;
    const definition = program.slice(0, program.indexOf("\ntrain"));
    // Lines are compared without the blanks at their ends, which an editor takes away.
    const lines = (text: string): string[] => text.split("\n").map((line) => line.trimEnd());
    expect(lines(await shown(definition))).toEqual(lines(table));
  });

  it("the wrong claim gives the message that stands there", async () => {
    const message = blocks.find((block) => block.startsWith("line 2")) as string;
    const wrong = program
      .slice(0, program.indexOf("\nshow"))
      .replace("conv 6, 5x5, pad=2 | relu     ->", "conv 6, 5x5 | relu            ->");
    expect(await shown(wrong)).toContain(message);
  });

  it("its links lead somewhere", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] as string).filter((link) => !link.startsWith("http"));
    expect(links.length).toBeGreaterThan(1);
    for (const link of links) expect(existsSync(join(root, link)), link).toBe(true);
  });
});
