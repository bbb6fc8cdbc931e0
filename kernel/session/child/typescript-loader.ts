/** Module hooks of the session: local TypeScript files are loaded as they are, and find `lamella` wherever they lie. */
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compiledFile } from "../../package-root.js";
import type { TypeScript } from "../../tslab/converter.js";
import { isTypeScript, resolveLocal } from "./local-files.js";

type Resolved = { url: string; shortCircuit?: boolean };
type Loaded = { format: string; source: string; shortCircuit: true };
type NextResolve = (specifier: string, context: { parentURL?: string }) => Promise<Resolved>;
type NextLoad = (url: string, context: unknown) => Promise<Loaded>;

export async function resolve(specifier: string, context: { parentURL?: string }, next: NextResolve): Promise<Resolved> {
  const parent = context.parentURL;
  if (parent !== undefined && parent.startsWith("file:") && isTypeScript(fileURLToPath(parent))) {
    const local = resolveLocal(specifier, parent);
    if (local !== undefined) return { url: local, shortCircuit: true };
    if (specifier === "lamella") return { url: pathToFileURL(compiledFile("kernel/lamella")).href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url: string, context: unknown, next: NextLoad): Promise<Loaded> {
  if (!url.startsWith("file:")) return next(url, context);
  const path = fileURLToPath(url);
  if (isTypeScript(path)) return { format: "module", source: await transpileFile(path), shortCircuit: true };
  try {
    return await next(url, context);
  } catch (error) {
    // A local `.js` file with `import` and `export` and no package.json beside it that says "module".
    if (!path.endsWith(".js") || path.includes("node_modules")) throw error;
    return { format: "module", source: readFileSync(path, "utf8"), shortCircuit: true };
  }
}

let typescript: Promise<typeof TypeScript> | undefined;

async function transpileFile(path: string): Promise<string> {
  typescript ??= import("../../tslab/converter.js").then((loaded) => loaded.ts);
  const ts = await typescript;
  return ts.transpileModule(readFileSync(path, "utf8"), {
    fileName: path,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      jsx: ts.JsxEmit.React,
      experimentalDecorators: true,
      inlineSourceMap: true,
      inlineSources: true,
    },
  }).outputText;
}
