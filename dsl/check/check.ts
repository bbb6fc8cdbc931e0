import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Names, Registry } from "../registry.js";
import type { Cell } from "../syntax.js";

export interface CheckOptions {
  readonly registry: Registry;
  readonly names: Names;
  readonly closed: boolean;
  readonly lost: ReadonlySet<string>;
  readonly source: string;
}

export function checkNames(_cell: Cell, _options: CheckOptions): Diagnostic[] {
  return [];
}
