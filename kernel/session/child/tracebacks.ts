import { readFileSync } from "node:fs";
import { findSourceMap } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { packageRoot } from "../../package-root.js";
import { LamellaError } from "../../../std/errors.js";
import { failureOf } from "../../../std/network/step-places.js";
import { excerpt } from "../../../dsl/diagnostics/excerpt.js";
import { locate, positionOf } from "../../../dsl/index.js";
import { diagnosticsError } from "../../cells/diagnostics-error.js";
import type { Script } from "../messages.js";
import type { CellError } from "../outputs.js";
import { SourceMap } from "../source-map.js";
import { awaitsOf } from "./guards.js";

/** One line of a traceback: a place in a cell or a file of the user's. Lines and columns count from 1. */
interface Frame {
  readonly where: string;
  readonly functionName: string;
  readonly line: number;
  readonly column: number;
  readonly source: string | undefined;
}

interface KnownScript {
  readonly script: Script;
  map: SourceMap | undefined;
}

const scripts = new Map<string, KnownScript>();
const framesOf = new WeakMap<object, readonly Frame[]>();
/** Script, line, column as V8 gives them. */
type RawSite = readonly [string, number, number];
const rawSites = new WeakMap<object, readonly RawSite[]>();
const ourFolders = ["dist", "kernel", "std", "dsl", "node_modules"].flatMap((folder) => {
  const path = join(packageRoot, folder);
  return [path + sep, pathToFileURL(path).href + "/"];
});

/** The name V8 knows a cell by. */
export function scriptUrl(script: Script): string {
  return `lamella-cell-${script.id}`;
}

/** Remembers a cell for as long as functions of it may throw: that is, always. */
export function rememberScript(script: Script): void {
  scripts.set(scriptUrl(script), { script, map: undefined });
}

/** Makes `error.stack` show places in the cells as written, and leave our own frames and Node's out. */
export function installStackTraces(): void {
  Error.stackTraceLimit = 50;
  process.setSourceMapsEnabled(true);
  Error.prepareStackTrace = (error: Error, sites) => {
    const raw = sites.flatMap((site): RawSite[] => {
      const url = site.getScriptNameOrSourceURL();
      return scripts.has(String(url)) ? [[String(url), site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1]] : [];
    });
    rawSites.set(error, raw);
    const frames = sites.map(toFrame).filter((frame) => frame !== undefined);
    framesOf.set(error, frames);
    let head: string;
    try {
      head = Error.prototype.toString.call(error);
    } catch {
      head = "Error";
    }
    return [head, ...frames.map((frame) => `    at ${describe(frame)}`)].join("\n");
  };
}

/** What the notebook shows of something thrown: never an error itself, whatever the thrown thing does when it is looked at. */
export function toCellError(thrown: unknown): CellError {
  try {
    return describeThrown(thrown);
  } catch (error) {
    const reason = readSafely(() => (error instanceof Error ? error.message : String(error)), "an error without a message");
    const message = `something was thrown that throws when it is looked at: ${reason}`;
    return { name: "Thrown", message, traceback: [`Thrown: ${message}`] };
  }
}

function describeThrown(thrown: unknown): CellError {
  if (!(thrown instanceof Error) && !isErrorLike(thrown)) {
    const text = typeof thrown === "string" ? thrown : inspect(thrown, { depth: 2, colors: false });
    return { name: "Thrown", message: text, traceback: [`Thrown: ${text}`] };
  }
  const located = locateInLayers(thrown);
  if (located !== undefined) return located;
  const name = nameOf(thrown);
  const message = messageOf(thrown);
  if (thrown instanceof LamellaError) {
    const code = thrown.code === "" ? "" : ` [${thrown.code}]`;
    const place = framesFor(thrown).slice(0, 1).flatMap(shown);
    return { name, message, traceback: [`${name}${code}: ${message}`, ...thrown.context.map((line) => `  ${line}`), ...place] };
  }
  return { name, message, traceback: withCauses(thrown, new Set(), "") };
}

/** The error with its places, the errors it gathers (`AggregateError`) and its causes, each once. */
function withCauses(thrown: unknown, seen: Set<unknown>, before: string): string[] {
  seen.add(thrown);
  if (!(thrown instanceof Error) && !isErrorLike(thrown))
    return toCellError(thrown).traceback.map((line, at) => (at === 0 ? before + line : line));
  const [name, message] = [nameOf(thrown), messageOf(thrown)];
  const lines = [`${before}${message === "" ? name : `${name}: ${message}`}`, ...framesFor(thrown).flatMap(shown)];
  const errors: unknown = readSafely(() => (thrown as { errors?: unknown }).errors, undefined);
  if (Array.isArray(errors)) {
    for (const [index, error] of errors.slice(0, mostErrors).entries())
      if (!seen.has(error)) lines.push(...withCauses(error, seen, `error ${index + 1} of ${errors.length}: `));
    if (errors.length > mostErrors) lines.push(`and ${errors.length - mostErrors} more errors`);
  }
  const cause: unknown = readSafely(() => thrown.cause, undefined);
  if (cause !== undefined && !seen.has(cause) && seen.size < 20) lines.push(...withCauses(cause, seen, "caused by "));
  return lines;
}

/** Of an AggregateError, shown. */
const mostErrors = 5;

function nameOf(error: Error): string {
  return readSafely(() => String(error.name || "Error"), "Error");
}

function messageOf(error: Error): string {
  return readSafely(() => String(error.message), "(its message cannot be read)");
}

/** For properties of the user's objects: they may be getters, and throw. */
function readSafely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** A mistake in a network is shown at its place in the rows of the layer language. */
function locateInLayers(thrown: Error): CellError | undefined {
  readSafely(() => thrown.stack, undefined);
  const sites = (rawSites.get(thrown) ?? []).map(([file, line, column]) => `    at ${file}:${line}:${column}`);
  const known = [...scripts.values()].toReversed();
  const running = thrown instanceof LamellaError ? failureOf(thrown) : null;
  const { failures = running === null ? undefined : [running] } = thrown as { failures?: unknown };
  // The cell whose rows are wrong comes before the one that uses them.
  const failed = JSON.stringify(failures ?? "");
  const mentioned = known.some((entry) => failed.includes(`"${scriptUrl(entry.script)}"`) && entry.script.layers !== undefined)
    ? failed
    : failed + sites.join();
  for (const entry of known) {
    const { layers } = entry.script;
    if (layers === undefined) continue;
    const file = scriptUrl(entry.script);
    if (!new RegExp(`${file}(?!\\d)`).test(mentioned)) continue;
    const { code, hint, argument } = thrown as { code?: string; hint?: string; argument?: string };
    const data = { name: thrown.name, message: thrown.message, failures, code, hint, argument, stack: ["", ...sites].join("\n") };
    const translate = (line: number, column: number): { line: number; column: number } | undefined => {
      const place = mapOf(entry).locate(line - 1, column - 1);
      return place && { line: place.line + 1, column: place.column + 1 };
    };
    const diagnostics = locate(data, layers, { file, translate });
    if (diagnostics.length > 0) return { ...diagnosticsError(entry.script.source, diagnostics, entry.script.title), name: thrown.name };
  }
  return undefined;
}

function mapOf(known: KnownScript): SourceMap {
  known.map ??= new SourceMap(known.script.mappings);
  return known.map;
}

/** Errors of other realms (`vm`) are not instances of our Error. */
function isErrorLike(thrown: unknown): thrown is Error {
  return typeof thrown === "object" && thrown !== null && "message" in thrown && "stack" in thrown && "name" in thrown;
}

function framesFor(error: Error): readonly Frame[] {
  // V8 prepares the stack when it is first asked for.
  readSafely(() => error.stack, undefined);
  const frames = [...(framesOf.get(error) ?? []), ...(awaitsOf.get(error) ?? []).flatMap(awaitFrame)];
  // A deep recursion repeats itself: the innermost and the outermost places say enough.
  return frames.length <= 10 ? frames : [...frames.slice(0, 6), ...frames.slice(-4)];
}

/** The place of an await in a cell, which the engine's own stack ends before. */
function awaitFrame([id, offset]: readonly [number, number]): Frame[] {
  const script = scripts.get(`lamella-cell-${id}`)?.script;
  if (script === undefined || script.layers !== undefined) return [];
  const { line, column } = positionOf(script.source, offset);
  return [{ where: script.title, functionName: "", line, column, source: script.source.split(/\r?\n/)[line - 1] }];
}

function describe(frame: Frame): string {
  const place = `${frame.where}, line ${frame.line}, column ${frame.column}`;
  return frame.functionName === "" ? place : `${frame.functionName} (${place})`;
}

/** The place in words, the line of code, and a caret under the column. */
function shown(frame: Frame): string[] {
  const lines = [`  at ${describe(frame)}`];
  if (frame.source === undefined || frame.source.trim() === "") return lines;
  return [...lines, ...excerpt(frame.source, frame.column).map((text) => `    ${text}`)];
}

function toFrame(site: NodeJS.CallSite): Frame | undefined {
  const url = site.getScriptNameOrSourceURL() || site.getFileName();
  if (typeof url !== "string") return undefined;
  const line = site.getLineNumber() ?? 1;
  const column = site.getColumnNumber() ?? 1;
  const functionName = site.getFunctionName() ?? "";
  const known = scripts.get(url);
  if (known !== undefined) {
    const place = mapOf(known).locate(line - 1, column - 1);
    if (place === undefined) return undefined;
    const { layers } = known.script;
    if (layers !== undefined) {
      const site = layers.sites[`${place.line + 1}:${place.column + 1}`];
      if (site === undefined) return undefined;
      const row = positionOf(known.script.source, site.call[0]);
      const text = known.script.source.split(/\r?\n/)[row.line - 1];
      return { where: known.script.title, functionName: "", line: row.line, column: row.column, source: text };
    }
    const source = known.script.source.split(/\r?\n/)[place.line];
    return { where: known.script.title, functionName, line: place.line + 1, column: place.column + 1, source };
  }
  if (!url.startsWith("file:") && !/^([a-z]:)?[\\/]/i.test(url)) return undefined;
  if (ourFolders.some((folder) => url.startsWith(folder))) return undefined;
  return fileFrame(url, functionName, line, column);
}

function fileFrame(url: string, functionName: string, line: number, column: number): Frame {
  let path = url;
  try {
    if (url.startsWith("file:")) path = fileURLToPath(url.replace(/\?.*$/, ""));
  } catch {
    // A URL that names no file of this system is shown as it is.
  }
  const entry = findSourceMap(url)?.findEntry(line - 1, column - 1);
  if (entry !== undefined && "originalLine" in entry) {
    line = entry.originalLine + 1;
    column = entry.originalColumn + 1;
  }
  let source: string | undefined;
  try {
    source = readFileSync(path, "utf8").split(/\r?\n/)[line - 1];
  } catch {
    source = undefined;
  }
  const fromHere = relative(process.cwd(), path);
  return { where: fromHere.startsWith("..") ? path : fromHere, functionName, line, column, source };
}
