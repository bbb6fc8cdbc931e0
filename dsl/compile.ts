import { checkNames } from "./check/check.js";
import { inOrder, type Diagnostic } from "./diagnostics/diagnostic.js";
import { withoutMistakes } from "./check/without-mistakes.js";
import { emitCell, type EmitOptions, type Emitted } from "./emit/cell.js";
import type { SiteMap } from "./emit/code.js";
import { parseCell, type Parsed } from "./parse.js";
import type { Names, Registry } from "./registry.js";
import type { Statement } from "./syntax.js";

export interface CompileOptions extends EmitOptions {
  readonly registry: Registry;
  /** Names of the notebook's other cells and what they are; free names that are not here are taken to be known later. */
  readonly names?: Names;
  /** True when `names` is everything there is: then a free name is a mistake. */
  readonly closed?: boolean;
}

/** What the static part of compiling a cell gives: everything but the check on shapes, which needs the user's values. */
export interface CompiledCell {
  readonly source: string;
  readonly diagnostics: readonly Diagnostic[];
  /** True when there is no error: only then is there code to run. */
  readonly ok: boolean;
  readonly typescript: string;
  /** The same text with the types blanked out: every position is the same. `lamella` is a free name in it. */
  readonly javascript: string;
  readonly map: PositionMap;
  readonly defines: readonly { readonly name: string; readonly kind: "network" | "block" | "value" }[];
  readonly uses: readonly string[];
  /** What the cell's statements are, in order. */
  readonly statements: readonly Statement["kind"][];
}

/** Where mistakes at run time come from. Plain data: it may be sent to the process that runs the cell. */
export interface PositionMap {
  readonly source: string;
  readonly sites: SiteMap;
}

/** Reads, checks names and options, and emits. All mistakes of the cell are reported at once. */
export function compileCell(source: string, options: CompileOptions): CompiledCell {
  const { registry, names = {} } = options;
  const parsed = parseCell(source);
  const { closed = false, module = false } = options;
  const found = checkNames(parsed.cell, { registry, names, closed, module, lost: parsed.lost, source });
  const diagnostics = inOrder([...parsed.diagnostics, ...found]);
  const ok = !diagnostics.some(({ severity }) => severity === "error");
  const emitted = emitSound(parsed, source, diagnostics, options);
  return {
    source,
    diagnostics,
    ok,
    ...emitted,
    map: { source, sites: emitted.sites },
    statements: parsed.cell.statements.map(({ kind }) => kind),
  };
}

/** What has no mistakes is emitted even when something else has some: its shapes can be checked at the same time. */
function emitSound({ cell, lost }: Parsed, source: string, diagnostics: readonly Diagnostic[], options: CompileOptions): Emitted {
  const mistakes = diagnostics.flatMap(({ severity, span }) => (severity === "error" ? [span] : []));
  const sound = withoutMistakes(cell, mistakes, lost);
  return emitCell(sound.cell, source, options.registry, options.names ?? {}, options, sound.unusable);
}
