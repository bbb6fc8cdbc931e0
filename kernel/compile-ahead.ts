/** Run by the build and by `lamella install`: compiles some cells and keeps what V8 has compiled of TypeScript and of the runtime on the way. */
import { tmpdir } from "node:os";
import { CellCompiler } from "./cells/cell-compiler.js";
import { keepCompiled } from "./compiled-script.js";
import { requireRuntime } from "./runtime-script.js";

const compiler = new CellCompiler(tmpdir());
compiler.warmUp();
const sources = [
  "1 + 1",
  "const first = [1].map((n) => n + 1);",
  "console.log(await first, `a${1}b`);",
  "let wrong: string = 1;",
  "first.",
];
for (const [id, source] of sources.entries()) {
  compiler.compile({ source, title: "Cell", allowShell: false, expression: false, id });
  compiler.complete({ source, offset: source.length });
}
requireRuntime();
keepCompiled();
