import { diagnostic, inOrder, type Diagnostic, type Related } from "./diagnostics/diagnostic.js";
import { positionOf } from "./diagnostics/position.js";
import type { SiteInfo } from "./emit/code.js";
import type { PositionMap } from "./compile.js";
import type { Span } from "./syntax.js";

interface Site {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What a mistake of a network looks like from here: `std/network/failure.ts`, or the same as plain data from another process. */
interface FailureData {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly site: Site | null;
  readonly part: { readonly kind: string; readonly name?: string; readonly part?: string; readonly index?: number };
  readonly related: readonly { readonly site: Site; readonly message: string }[];
  readonly chain: readonly {
    readonly kind: string;
    readonly name: string;
    readonly index: number | null;
    readonly values: string;
    readonly site: Site | null;
  }[];
}

export interface LocateOptions {
  /** The name the emitted text ran under (`sourceURL`); without it every file is taken to be it. */
  readonly file?: string;
  /** Maps of other cells, whose nets and blocks may be at fault. */
  readonly others?: ReadonlyMap<string, PositionMap>;
  /** From a position in what really ran to one in the emitted text, where it was transformed again. */
  readonly translate?: (line: number, column: number) => { readonly line: number; readonly column: number } | undefined;
}

/**
 * Turns an error thrown by the emitted text into diagnostics at the places of the source. Also takes the error as plain data
 * (`{ name, message, code, failures, stack }`). Gives an empty list for errors that have no place in the cell.
 */
export function locate(error: unknown, map: PositionMap, options: LocateOptions = {}): Diagnostic[] {
  const data = error as {
    failures?: readonly FailureData[];
    message?: string;
    code?: string;
    hint?: string;
    stack?: string;
    name?: string;
    argument?: string | null;
  } | null;
  if (typeof data !== "object" || data === null) return [];
  if (Array.isArray(data.failures)) return locateFailures(data.failures, map, options);
  const site = siteInStack(data.stack ?? "", map, options);
  if (site === null) return [];
  const free = data.name === "ReferenceError" ? /^([\p{L}_$][\p{L}\p{N}_$]*) is not defined$/u.exec(data.message ?? "") : null;
  if (free !== null) return [undefinedName(free[1] as string, site, map)];
  const part = typeof data.argument === "string" ? { kind: "argument", name: data.argument } : { kind: "call" };
  const code = typeof data.code === "string" && data.code !== "" ? data.code : "E050";
  return [diagnostic(code, inOurWords(data.message ?? "this failed"), spanOf(site, part), { hint: data.hint ?? "" })];
}

/** What the engine of JavaScript says names the emitted text; the layer language says it of the cell. */
function inOurWords(message: string): string {
  const [, name] = /^(?:[\w.]*\.)?([\p{L}_][\p{L}\p{N}_]*) is not a function$/u.exec(message) ?? [];
  if (name !== undefined) return `\`${name}\` is given values, but it is no layer, block or network`;
  return message.startsWith("Cannot read properties of") ? "a value that this needs is missing" : message;
}

/** A name that neither the cell nor the notebook knows, found when the cell ran. */
function undefinedName(name: string, { call }: SiteInfo, { source }: PositionMap): Diagnostic {
  const written = new RegExp(`(?<![\\p{L}\\p{N}_.])${name.replaceAll("$", "\\$")}(?![\\p{L}\\p{N}_])`, "gu");
  const places = [...source.matchAll(written)].map(({ index }) => index);
  const at = places.find((index) => call[0] <= index && index < call[1]) ?? places.find((index) => index >= call[0]) ?? places[0];
  const span = at === undefined ? call : ([at, at + name.length] as const);
  return diagnostic("E011", `\`${name}\` is not defined`, span, {
    hint: "it is no layer, network or data set of the library, and no cell that has run defines it",
  });
}

/** Mistakes that were collected rather than thrown. */
export function locateFailures(failures: readonly FailureData[], map: PositionMap, options: LocateOptions = {}): Diagnostic[] {
  return inOrder(
    failures.map((failure) => {
      const site = infoAt(failure.site, map, options) ?? outermost(failure, map, options);
      const related = failure.related.flatMap(({ site: other, message }): Related[] => {
        const info = infoAt(other, map, options);
        return info === null || info === site ? [] : [{ span: info.call, message }];
      });
      const span = site === null ? ([0, 0] as const) : combined(failure, site) ? site.call : spanOf(site, failure.part);
      return diagnostic(failure.code === "" ? "E050" : failure.code, failure.message, span, {
        hint: failure.hint,
        related,
        chain: chainText(failure, map, options),
        fix: fixOf(failure, site, map),
      });
    }),
  );
}

/** For a mistake in a block of another cell: where this cell called it. */
function outermost(failure: FailureData, map: PositionMap, options: LocateOptions): SiteInfo | null {
  for (const link of failure.chain) {
    const info = infoAt(link.site, map, options);
    if (info !== null) return info;
  }
  return null;
}

function infoAt(site: Site | null, map: PositionMap, options: LocateOptions): SiteInfo | null {
  if (site === null || (options.file !== undefined && site.file !== options.file)) return null;
  const at = options.translate === undefined ? site : options.translate(site.line, site.column);
  return at === undefined ? null : (map.sites[`${at.line}:${at.column}`] ?? nearestOnLine(at.line, at.column, map));
}

/** For a place that is no call of ours: the call it stands in or before, on the same line. */
function nearestOnLine(line: number, column: number, map: PositionMap): SiteInfo | null {
  const prefix = `${line}:`;
  const columns = Object.keys(map.sites)
    .filter((key) => key.startsWith(prefix))
    .map((key) => Number(key.slice(prefix.length)))
    .sort((a, b) => a - b);
  const nearest = columns.findLast((candidate) => candidate <= column) ?? columns[0];
  return nearest === undefined ? null : (map.sites[`${line}:${nearest}`] ?? null);
}

function siteInStack(stack: string, map: PositionMap, options: LocateOptions): SiteInfo | null {
  for (const line of stack.split("\n").slice(1)) {
    const found = /([^\s(]+?):(\d+):(\d+)\)?$/u.exec(line.trim());
    if (found === null) continue;
    const info = infoAt({ file: found[1] ?? "", line: Number(found[2]), column: Number(found[3]) }, map, options);
    if (info !== null) return info;
  }
  return null;
}

/** The smallest part of the source that is wrong. */
function spanOf(site: SiteInfo, part: FailureData["part"]): Span {
  switch (part.kind) {
    case "argument":
      return site.args?.[part.name ?? ""] ?? site.name ?? site.call;
    case "claim":
      return (part.part === "params" ? site.claim?.params : site.claim?.shape) ?? site.call;
    case "item":
      return site.items?.[part.index ?? 0] ?? site.call;
    default:
      return site.name ?? site.call;
  }
}

/** Tensors that do not fit together: the layer and what it was given, `add skip`. */
function combined({ code, part }: FailureData, site: SiteInfo): boolean {
  return code === "E031" && part.kind === "argument" && part.name === "tensors" && site.args !== undefined;
}

function chainText(failure: FailureData, map: PositionMap, options: LocateOptions): string {
  const lineOf = (site: Site | null): number | null => {
    const info = infoAt(site, map, options);
    return info === null ? null : positionOf(map.source, info.call[0]).line;
  };
  const links = failure.chain.length === 1 && failure.chain[0]?.kind === "net" ? [] : failure.chain;
  const parts: string[] = [];
  for (const link of links) {
    if (link.kind === "repeat") {
      if (link.name !== "") parts.push(`repetition ${(link.index ?? 0) + 1} of \`${link.name}\``);
      continue;
    }
    // The net is named for the values it was built with; that the mistake is in it goes without saying.
    if (link.kind === "net" && link.values === "") continue;
    const line = lineOf(link.site);
    parts.push(`in ${link.name}${link.values !== "" ? ` (${link.values})` : ""}${line === null ? "" : `, called at line ${line}`}`);
  }
  if (parts.length > 9) parts.splice(4, parts.length - 8, `… ${parts.length - 8} more …`);
  return parts.join(", ");
}

/** "…; did you mean `stride`?" and "-> 55x55x96" can be put right by one change. */
function fixOf(failure: FailureData, site: SiteInfo | null, map: PositionMap): Diagnostic["fix"] {
  if (site === null) return null;
  if (failure.code === "E040" || failure.code === "E041") {
    const span = spanOf(site, failure.part);
    const [, actual] = /(?:gives|has) (\S+?)(?: parameters)?, not/u.exec(failure.message) ?? [];
    if (actual === undefined || failure.message.includes("(")) return null;
    const text = failure.code === "E041" ? map.source.slice(span[0], span[1]).replace(/^\d+/u, actual) : actual;
    return { title: `claim ${text}`, span, text };
  }
  return null;
}
