import { bodyScope, kindOf, type Scope } from "../scope.js";
import type { Body, NetStatement, Pipe } from "../syntax.js";

/** `lamella.Net<"c1" | "stage[].pool">`: the labels of a net, as a type. */
export function tapType(statement: NetStatement, scope: Scope): string {
  const taps = new Set<string>();
  collect(statement.body, bodyScope(statement, scope), "", taps);
  return taps.size === 0 ? "lamella.Net" : `lamella.Net<${[...taps].map((tap) => JSON.stringify(tap)).join(" | ")}>`;
}

function collect(body: Body, scope: Scope, prefix: string, found: Set<string>): void {
  for (const row of body.rows) {
    if (row.kind === "row") {
      if (row.label === null) collectRepeats(row.pipe, scope, prefix, found);
      else {
        addTap(row.label.text, row.pipe, scope, prefix, found);
        scope.define(row.label.text, "tensor");
      }
    } else if (row.kind === "let") {
      const kind = kindOf(row.value, scope);
      if (kind === "tensor") addTap(row.name.text, row.value, scope, prefix, found);
      scope.define(row.name.text, kind);
    } else if (row.kind === "if") {
      collect(row.then, scope.inner(), prefix, found);
      if (row.otherwise !== null && !("kind" in row.otherwise)) collect(row.otherwise, scope.inner(), prefix, found);
    }
  }
}

/** Labels in a repetition that has none itself. */
function collectRepeats(pipe: Pipe, scope: Scope, prefix: string, found: Set<string>): void {
  for (const item of pipe.items) if (item.kind === "repeat") collect(item.body, scope.inner(), prefix, found);
}

function addTap(label: string, pipe: Pipe, scope: Scope, prefix: string, found: Set<string>): void {
  const last = pipe.items.at(-1);
  if (last?.kind !== "repeat") {
    found.add(prefix + label);
    return;
  }
  const inside = new Set<string>();
  collect(last.body, scope.inner(), `${prefix}${label}[].`, inside);
  if (inside.size === 0) found.add(`${prefix}${label}[]`);
  for (const name of inside) found.add(name);
}
