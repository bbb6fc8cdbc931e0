import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import { hasCompiled, requireCompiled } from "../../kernel/compiled-script.js";
import { preparedDocumentation, preparedFiles } from "../../kernel/declarations/prepared.js";
import { packageRoot } from "../../kernel/package-root.js";
import { ts } from "../../kernel/tslab/converter.js";

const { files: prepared, declarationOf } = preparedFiles();
const pathOf = (end: string): string => [...prepared.keys()].find((path) => path.endsWith(end)) ?? "";

describe("prepared declaration files", () => {
  it.each(["/@types/node/fs.d.ts", "/@types/node/url.d.ts", "/lib/lib.es5.d.ts", "/undici-types/fetch.d.ts", "/dist/std/network/net.d.ts"])(
    "%s says what its file says",
    (end) => {
      const path = pathOf(end);
      // Printing leaves comments and blanks out, but for licenses.
      const print = (text: string): string =>
        ts
          .createPrinter({ removeComments: true })
          .printFile(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022))
          .replace(/\/\*![^]*?\*\/\s*/, "");
      expect(print(prepared.get(path)?.text ?? "")).toBe(print(readFileSync(path, "utf8")));
    },
  );

  it("imports lead to prepared files", () => {
    expect(prepared.get(pathOf("/dist/std/network/net.d.ts"))?.resolve("./flow.js")).toBe(pathOf("/dist/std/network/flow.d.ts"));
    expect(prepared.get(pathOf("/@types/node/fs.d.ts"))?.resolve("node:stream")).toBeUndefined();
  });

  it("modules of Node that nothing else leads to are read with the first import of them", () => {
    expect(declarationOf("inspector")).toBe(pathOf("/@types/node/inspector.generated.d.ts"));
    expect(declarationOf("node:zlib")).toBe(pathOf("/@types/node/zlib.d.ts"));
    expect(declarationOf("node:fs")).toBeUndefined();
    expect(declarationOf("toString")).toBeUndefined();
    // What is not read must be no part of what is: of its imports, only other such modules are looked for.
    expect(prepared.get(pathOf("/@types/node/http2.d.ts"))?.resolve("node:tls")).toBeUndefined();
    expect(prepared.get(pathOf("/@types/node/test.d.ts"))?.resolve("node:assert")).toBe(pathOf("/@types/node/assert.d.ts"));
  });

  it("documentation is found in the original", () => {
    const path = pathOf("/lib/lib.es5.d.ts");
    const start = prepared.get(path)?.text.indexOf("declare function parseInt") ?? -1;
    expect(preparedDocumentation(path, start)).toContain("Converts a string to an integer.");
    expect(preparedDocumentation(path, start + 1)).toBeUndefined();
  });
});

describe("scripts that were compiled before", () => {
  const folder = mkdtempSync(join(tmpdir(), "lamella-compiled-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are required as any module is", () => {
    const path = join(folder, "script.cjs");
    writeFileSync(path, "exports.here = __dirname; exports.join = require('node:path').join; module.exports.self = module.id;");
    const loaded = requireCompiled(path) as { here: string; join: unknown; self: string };
    expect(loaded).toEqual({ here: folder, join, self: path });
    expect(requireCompiled(path)).toBe(loaded);
  });

  it("what is no such thing, or of another Node, is not taken", () => {
    const path = join(folder, "refused.cjs");
    writeFileSync(path, "module.exports = 7;");
    const compiled = join(packageRoot, "dist", "compiled", `refused.cjs-${process.version}-${process.platform}-${process.arch}.bin`);
    writeFileSync(compiled, "not compiled");
    try {
      expect(requireCompiled(path, { isAscii: true })).toBe(7);
    } finally {
      rmSync(compiled);
    }
  });

  it.each(["shortened", "runtime"])("what the build has compiled of the %s script is taken by this Node", (part) => {
    expect(hasCompiled()).toBe(true);
    const compiled = join(packageRoot, "dist", "compiled");
    const scripts = join(packageRoot, "dist", "kernel", part);
    const [script = ""] = readdirSync(scripts);
    const start = part === "runtime" ? script : "typescript.js";
    const name = readdirSync(compiled).find((file) => file.startsWith(start) && file.includes(process.version)) ?? "";
    const bytes = readFileSync(join(scripts, script));
    expect(bytes.every((byte) => byte < 128)).toBe(true);
    const text = bytes.toString("latin1");
    const wrapped = `(function (exports, require, module, __filename, __dirname) { ${text}\n});`;
    expect(new Script(wrapped, { cachedData: readFileSync(join(compiled, name)) }).cachedDataRejected).toBe(false);
  });
});
