import { positionOf } from "./diagnostics/position.js";
import type { CheckedCell } from "./run.js";

/** What `lamella check --json` prints: per net its name, parameters and outputs; per mistake its code, place and message. */
export interface CellReport {
  readonly ok: boolean;
  readonly nets: readonly {
    readonly name: string;
    readonly parameters: number;
    readonly outputs: readonly { readonly name: string; readonly shape: string }[];
  }[];
  readonly diagnostics: readonly {
    readonly code: string;
    readonly severity: string;
    readonly message: string;
    readonly hint: string;
    readonly chain: string;
    readonly span: readonly [number, number];
    readonly line: number;
    readonly column: number;
    readonly fix: { readonly title: string; readonly span: readonly [number, number]; readonly text: string } | null;
  }[];
}

interface CheckedNet {
  readonly kind?: string;
  readonly complete?: boolean;
  readonly parameterCount: number;
  readonly outputs: readonly {
    readonly name: string;
    readonly type: { readonly shape: readonly (number | { readonly text: string })[] };
  }[];
}

export function reportOf({ source, ok, diagnostics, values }: CheckedCell): CellReport {
  const nets = Object.entries(values).flatMap(([name, value]) => {
    const net = value as CheckedNet | null;
    if (net?.kind !== "network" || net.complete !== true) return [];
    const outputs = net.outputs.map(({ name: output, type }) => ({
      name: output,
      shape: type.shape.map((dim) => (typeof dim === "number" ? String(dim) : dim.text)).join("x"),
    }));
    return [{ name, parameters: net.parameterCount, outputs }];
  });
  return {
    ok,
    nets,
    diagnostics: diagnostics.map(({ code, severity, message, hint, chain, span, fix }) => ({
      code,
      severity,
      message,
      hint,
      chain,
      span,
      ...positionOf(source, span[0]),
      fix,
    })),
  };
}
