import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { checkSource, errorCodes, errorReference, renderDiagnostics } from "../../dsl/index.js";
import { registry, runtime } from "./library.js";

describe("every code has an example that makes it", () => {
  test.each(errorCodes.map((entry) => [entry.code, entry.example]))("%s", (code, example) => {
    const { diagnostics } = checkSource(example, { registry, runtime, closed: true });
    expect(diagnostics.map((one) => one.code)).toContain(code);
  });
});

test("every code of the sources is on the page", () => {
  const used = new Set<string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.name.endsWith(".ts"))
        for (const [, code] of readFileSync(path, "utf8").matchAll(/"(E0\d\d)"/g)) used.add(code as string);
    }
  };
  for (const folder of ["dsl", "std/network", "std/layers"]) visit(fileURLToPath(new URL(`../../${folder}`, import.meta.url)));
  const known = new Set(errorCodes.map(({ code }) => code));
  // E02 and E03 stand in patterns, not as codes.
  expect([...used].filter((code) => !known.has(code))).toEqual([]);
});

test("the reference page shows each example's message", () => {
  const page = errorReference((example) =>
    renderDiagnostics(example, checkSource(example, { registry, runtime, closed: true }).diagnostics),
  );
  expect(page).toContain("## E041: parameters that were claimed and are not");
  expect(page).toContain("this row has 84 parameters, not 81");
});
