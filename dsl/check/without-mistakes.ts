import { taken } from "../emit/words.js";
import type { Body, Cell, FlowRow, IfRow, Item, Name, Row, Span, Statement } from "../syntax.js";

export interface SoundCell {
  readonly cell: Cell;
  /** Names of statements that were left out. */
  readonly unusable: readonly string[];
}

/**
 * A cell without its mistakes: rows that have one are marked as skipped, statements whose header has one are left out. What
 * remains can be emitted, and checked on shapes at the same time.
 */
export function withoutMistakes(cell: Cell, mistakes: readonly Span[], lost: ReadonlySet<string>): SoundCell {
  const statements: Statement[] = [];
  const left = new Set(lost);
  for (const statement of cell.statements) {
    const inside = mistakes.filter((mistake) => overlaps(statement.span, mistake));
    const definition = statement.kind === "net" || statement.kind === "block";
    if (inside.length === 0) statements.push(statement);
    else if (definition && inside.every((mistake) => contains(statement.body.span, mistake)))
      statements.push({ ...statement, body: soundBody(statement.body, inside) });
    else if ("name" in statement) left.add(statement.name.text);
  }
  for (const statement of statements) if ("name" in statement) left.delete(statement.name.text);
  return { cell: { ...cell, statements }, unusable: [...left].filter((name) => !taken.has(name)) };
}

function soundBody(body: Body, mistakes: readonly Span[]): Body {
  const rows: Row[] = [];
  for (const row of body.rows) {
    const inside = mistakes.filter((mistake) => overlaps(row.span, mistake));
    const sound = inside.length === 0 ? row : soundRow(row, inside);
    if (sound !== null) rows.push(sound);
  }
  // A row that could not be read is not in the tree; what follows does not know the flow either.
  for (const mistake of mistakes) {
    if (!contains(body.span, mistake) || body.rows.some((row) => overlaps(row.span, mistake))) continue;
    rows.push({ kind: "skipped", name: null, value: null, span: mistake });
  }
  return { ...body, rows: rows.sort((a, b) => a.span[0] - b.span[0]) };
}

/** Null for a row that may be left out without a trace. */
function soundRow(row: Row, mistakes: readonly Span[]): Row | null {
  const all = (part: { readonly span: Span }): boolean => mistakes.every((mistake) => contains(part.span, mistake));
  switch (row.kind) {
    case "default":
    case "out":
      return null;
    case "skipped":
      return row;
    case "bare":
      return all(row.body) ? { ...row, body: soundBody(row.body, mistakes) } : skippedRow(row.span);
    case "if":
      return soundIf(row, mistakes) ?? skippedRow(row.span);
    case "let":
      if (row.claim !== null && all(row.claim)) return { ...row, claim: null };
      return { kind: "skipped", name: usableName(row.name, mistakes), value: row.value, span: row.span };
    case "row":
      if (row.claim !== null && all(row.claim)) return { ...row, claim: null };
      return soundRepeat(row, mistakes) ?? { kind: "skipped", name: usableName(row.label, mistakes), value: null, span: row.span };
  }
}

const skippedRow = (span: Span): Row => ({ kind: "skipped", name: null, value: null, span });

// oxlint-disable unicorn/no-thenable -- an `if` has a then, and nobody awaits it
function soundIf(row: IfRow, mistakes: readonly Span[]): IfRow | null {
  const { then, otherwise } = row;
  const inThen = mistakes.filter((mistake) => contains(then.span, mistake));
  const others = mistakes.filter((mistake) => !contains(then.span, mistake));
  const sound = inThen.length === 0 ? then : soundBody(then, inThen);
  if (others.length === 0) return { ...row, then: sound };
  if (otherwise === null || !others.every((mistake) => contains(otherwise.span, mistake))) return null;
  if (!("kind" in otherwise)) return { ...row, then: sound, otherwise: soundBody(otherwise, others) };
  const rest = soundIf(otherwise, others);
  return rest === null ? null : { ...row, then: sound, otherwise: rest };
}

// oxlint-enable unicorn/no-thenable

/** Mistakes inside the bodies of repetitions leave the rest of the row as it is. */
function soundRepeat(row: FlowRow, mistakes: readonly Span[]): FlowRow | null {
  let found = 0;
  const items = row.pipe.items.map((item): Item => {
    if (item.kind !== "repeat") return item;
    const inside = mistakes.filter((mistake) => contains(item.body.span, mistake));
    found += inside.length;
    return inside.length === 0 ? item : { ...item, body: soundBody(item.body, inside) };
  });
  return found === mistakes.length ? { ...row, pipe: { ...row.pipe, items } } : null;
}

/** A name that is itself the mistake cannot be defined. */
function usableName(name: Name | null, mistakes: readonly Span[]): Name | null {
  return name === null || mistakes.some((mistake) => overlaps(name.span, mistake)) ? null : name;
}

function contains([start, end]: Span, [from, to]: Span): boolean {
  return start <= from && to <= end;
}

function overlaps([start, end]: Span, [from, to]: Span): boolean {
  return from < end && to > start;
}
