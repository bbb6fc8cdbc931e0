import { runInThisContext } from "node:vm";
import { compileCell, type CompiledCell, type CompileOptions } from "./compile.js";
import { inOrder, type Diagnostic } from "./diagnostics/diagnostic.js";
import { locate, locateFailures } from "./locate.js";

/** The part of the library that the emitted text calls, handed in as a value. */
export interface Runtime {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [name: string]: any;
  collectFailures<T>(body: () => T): { result: T; failures: readonly unknown[] };
}

export interface CheckedCell extends CompiledCell {
  /** What the cell's `net`, `block` and `let` statements made, by name; without those that have mistakes. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The same with what has mistakes, as far as it could be built: for the editor. */
  readonly built: Readonly<Record<string, unknown>>;
}

export interface CheckSourceOptions extends CompileOptions {
  readonly runtime: Runtime;
  /** Values of the names the cell uses. */
  readonly scope?: Readonly<Record<string, unknown>>;
}

let count = 0;

/**
 * Compiles a cell and runs its definitions on shapes alone, in this process: for files, tests and the tagged template.
 * Training, showing, loading and saving are checked but not done.
 */
export function checkSource(source: string, options: CheckSourceOptions): CheckedCell {
  const { runtime, scope = {} } = options;
  const compiled = compileCell(source, options);
  const missing = compiled.uses.filter((name) => !(name in scope));
  const file = `lamella-check-${++count}.js`;
  const known = Object.fromEntries(compiled.uses.filter((name) => name in scope).map((name) => [name, scope[name]]));
  const names = compiled.defines.map(({ name }) => name);
  const text = definitionsOf(compiled.javascript);
  const script = `(function (lamella, { ${Object.keys(known).join(", ")} }) {\n${text}\nreturn { ${names.join(", ")} };\n})`;
  try {
    const run = runInThisContext(script, { filename: file, lineOffset: -1 }) as (
      library: unknown,
      values: unknown,
    ) => Record<string, unknown>;
    const { result, failures } = runtime.collectFailures(() => run(runtime, known));
    const located = locateFailures(failures as never, compiled.map, { file });
    const found = inOrder([...compiled.diagnostics, ...located]);
    const values = Object.fromEntries(
      Object.entries(result).filter(([, value]) => (value as { failed?: boolean } | null)?.failed !== true),
    );
    return { ...compiled, ok: compiled.ok && located.length === 0, diagnostics: found, values, built: result };
  } catch (error) {
    // A name that only the notebook knows: the shapes cannot be checked here.
    if (error instanceof ReferenceError && missing.some((name) => error.message.startsWith(`${name} `)))
      return { ...compiled, values: {}, built: {} };
    const located = locate(error, compiled.map, { file });
    if (located.length === 0 && compiled.ok) throw error;
    return { ...compiled, ok: false, diagnostics: inOrder([...compiled.diagnostics, ...located]), values: {}, built: {} };
  }
}

/** The emitted text without what trains, shows, loads or saves; every line stays where it is. */
function definitionsOf(javascript: string): string {
  const lines = javascript.split("\n");
  let skipping = false;
  return lines
    .map((line) => {
      if (/^(await )?lamella\.(train|show|load|save)\(/u.test(line)) skipping = true;
      const shown = skipping ? "" : line;
      if (skipping && line.endsWith(");") && !/^ {2}/u.test(line)) skipping = false;
      return shown;
    })
    .join("\n");
}

export type { Diagnostic };
