import { expect, it } from "vitest";
import { checkSource, errorReference, renderDiagnostics } from "../../dsl/index.js";
import { layerLanguage } from "../../kernel/layer-registry.js";
import * as library from "../../std/index.js";
import { referencePage } from "../../std/layers/index.js";
import { layerFunctionsSource } from "./layer-functions.js";

// The pages are written from the definitions themselves: `npx vitest run test/docs -u` after a change.

it("docs/layers.md is what the layers say of themselves", async () => {
  await expect(referencePage()).toMatchFileSnapshot("../../docs/layers.md");
});

it("docs/messages.md lists every code with an example and what it gives", async () => {
  const page = errorReference((example) =>
    renderDiagnostics(example, checkSource(example, { registry: layerLanguage, runtime: library, closed: true }).diagnostics),
  );
  await expect(page).toMatchFileSnapshot("../../docs/messages.md");
});

it("std/network/layer-functions.ts has the types that the definitions of the layers ask for", async () => {
  await expect(await layerFunctionsSource()).toMatchFileSnapshot("../../std/network/layer-functions.ts");
});
