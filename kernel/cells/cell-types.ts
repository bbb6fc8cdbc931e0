import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { globalFolders, resolveLocal } from "../session/child/local-files.js";
import type { CheckedCell, TypeChecker, TypeProblem, TypeScript } from "../tslab/converter.js";
import { createTypeChecker, ts } from "../tslab/converter.js";
import { looseImports } from "./loose-imports.js";
import { nameableTypes } from "./nameable-types.js";
import { prelude } from "./prelude.js";

/** The types of one notebook's cells: every declaration of the cells that have been checked. */
export class CellTypes {
  readonly #directory: string;
  #checker: TypeChecker | undefined;
  #prelude = "";
  #wantsPrepared = true;
  /** Of all cells so far. */
  declarations = "";
  /** Missing modules for which TypeScript has been told to look again. */
  readonly #lookedFor = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  get checker(): TypeChecker {
    if (this.#checker === undefined) {
      const { files, declarations } = prelude();
      this.#checker = createTypeChecker(this.#directory, files);
      // The first check warms the compiler up.
      this.#prelude = this.#checker.check(declarations, "await 0").declarations;
      this.declarations = this.#prelude;
    }
    return this.#checker;
  }

  /** Forgets the cells. */
  reset(): void {
    this.declarations = this.#prelude;
  }

  /**
   * Checks a cell without keeping its declarations; where TypeScript is stricter than running needs, once more with that taken out.
   * `typeOnlyImports`: the modules from which the cell imports nothing but types.
   */
  check(source: string): CheckedCell & { readonly typeOnlyImports: ReadonlySet<string> } {
    let text = source;
    // It gives any module of Node, prepared or not.
    if (this.#wantsPrepared && /\bgetBuiltinModule\b/.test(source)) {
      this.#wantsPrepared = false;
      this.#renew();
    }
    let checked = this.checker.check(this.declarations, source);
    if (this.#hasAppeared(checked.problems)) checked = this.#renew().check(this.declarations, source);
    for (const loosen of [this.#looseImports, nameableTypes]) {
      const loose: string | undefined = checked.problems.length > 0 ? loosen(text, checked.problems) : undefined;
      if (loose === undefined) continue;
      const again = this.checker.check(this.declarations, loose);
      // Positions are those of the cell as long as its text is.
      if (again.problems.length > 0 && loosen === nameableTypes) continue;
      text = loose;
      checked = again;
    }
    return { ...checked, typeOnlyImports: typeOnlyImports(text, checked.javascript) };
  }

  readonly #looseImports = (source: string, problems: readonly TypeProblem[]): string | undefined =>
    looseImports(source, problems, (specifier) => this.#isInstalled(specifier));

  /** Whether a module that could not be found is there: it was written, or installed, after TypeScript had looked for it. */
  #hasAppeared(problems: readonly TypeProblem[]): boolean {
    const missing = problems.flatMap(({ code, message }) => (code === 2307 ? (/'([^']+)'/.exec(message)?.[1] ?? []) : []));
    const appeared = missing.filter((specifier) => !this.#lookedFor.has(specifier) && this.#isThere(specifier));
    for (const specifier of appeared) this.#lookedFor.add(specifier);
    return appeared.length > 0;
  }

  #isThere(specifier: string): boolean {
    const url = pathToFileURL(join(this.#directory, "notebook.mjs")).href;
    if (/^\.{1,2}\//.test(specifier)) return resolveLocal(specifier, url) !== undefined;
    return this.#isInstalled(specifier, (folder) => this.#directory.startsWith(dirname(folder)));
  }

  /** Whether Node finds a package that TypeScript does not (global packages, packages without types). */
  #isInstalled(specifier: string, inFolder: (folder: string) => boolean = () => true): boolean {
    const require = createRequire(join(this.#directory, "notebook.mjs"));
    const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
    const folders = [...(require.resolve.paths(specifier) ?? []), ...globalFolders()].filter(inFolder);
    return folders.some((folder) => ts.sys.fileExists(join(folder, name, "package.json")));
  }

  #renew(): TypeChecker {
    this.#checker?.close();
    this.#checker = createTypeChecker(this.#directory, prelude().files, { wantsPrepared: this.#wantsPrepared });
    return this.#checker;
  }
}

/** Modules whose imports TypeScript has dropped. */
function typeOnlyImports(source: string, javascript: string): ReadonlySet<string> {
  if (!/\bimport\b/.test(source)) return new Set();
  const kept = new Set(importsOf(javascript));
  return new Set(importsOf(source).filter((specifier) => !kept.has(specifier)));
}

function importsOf(text: string): string[] {
  const file = ts.createSourceFile("cell.ts", text, ts.ScriptTarget.ES2022);
  return file.statements
    .filter((statement): statement is TypeScript.ImportDeclaration => ts.isImportDeclaration(statement))
    .map((statement) => (ts.isStringLiteral(statement.moduleSpecifier) ? statement.moduleSpecifier.text : ""));
}
