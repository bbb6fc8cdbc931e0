import type { Span } from "../syntax.js";

export type Severity = "error" | "warning" | "note";

/** A change that would mend the mistake, where there is exactly one. */
export interface Fix {
  readonly title: string;
  readonly span: Span;
  readonly text: string;
}

/** A place that has to do with the mistake: where the flow got its shape, where the brace was opened. */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

/** A mistake, as data. How it is shown is the front end's business. */
export interface Diagnostic {
  /** Stable: labs and tests may refer to it. See `codes.ts`. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** The smallest place that is wrong. */
  readonly span: Span;
  /** A second line: the formula with its numbers, or what to do. Empty when there is none. */
  readonly hint: string;
  readonly related: readonly Related[];
  /** "in Bottleneck, called at line 27, repetition 1 of `stage`"; empty outside of calls. */
  readonly chain: string;
  readonly fix: Fix | null;
}

export function diagnostic(code: string, message: string, span: Span, more: Partial<Diagnostic> = {}): Diagnostic {
  return { code, severity: "error", message, span, hint: "", related: [], chain: "", fix: null, ...more };
}

/** By place, and each only once. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics]
    .sort((a, b) => a.span[0] - b.span[0] || a.span[1] - b.span[1])
    .filter(({ code, message, span }) => {
      const key = `${code} ${span[0]} ${span[1]} ${message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}
