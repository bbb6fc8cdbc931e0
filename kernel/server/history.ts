import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** `[session, line number, input]`, or with outputs `[session, line number, [input, output]]`. */
export type HistoryEntry = readonly [number, number, string | readonly [string, string | null]];

type Record_ = { readonly start: string } | { readonly in: string; readonly line: number; readonly code: string; readonly out?: string };

interface Cell {
  readonly session: number;
  readonly line: number;
  readonly code: string;
  readonly output: string | null;
}

/** So many cells are kept where there is no file. */
const mostInMemory = 10_000;

/** A file longer than this is cut to its newer half when a kernel starts. */
const largest = 8_000_000;

/**
 * The cells run so far, by every kernel of this user, in a file of JSON lines. Kernels append to it at the same time: a session's
 * number is the place of its "start" line among all start lines, so that no two kernels have the same.
 */
export class History {
  readonly #path: string | undefined;
  readonly #id = randomUUID();
  /** The cells of a history without a file. */
  readonly #kept: Cell[] = [];
  #started = false;

  /** `path`: default `LAMELLA_HISTORY`, else a file in the user's state folder; "off" keeps the history in memory. */
  constructor(path: string = process.env["LAMELLA_HISTORY"] ?? defaultPath()) {
    this.#path = path === "off" ? undefined : path;
  }

  add(line: number, code: string, output: string | null): void {
    if (this.#path === undefined) {
      this.#kept.push({ session: 1, line, code, output });
      if (this.#kept.length > mostInMemory) this.#kept.shift();
      return;
    }
    if (!this.#started) {
      this.#started = true;
      this.#shorten();
      this.#append({ start: this.#id });
    }
    this.#append({ in: this.#id, line, code, ...(output !== null && { out: output.slice(0, 10_000) }) });
  }

  /** The last `n` cells. */
  tail(n: number, withOutput: boolean): HistoryEntry[] {
    return take(this.#read(), n).map((cell) => entry(cell, withOutput));
  }

  /** Cells `start` to before `stop` of a session: 0 is this one, -1 the one before it. */
  range(session: number, start: number, stop: number | null, withOutput: boolean): HistoryEntry[] {
    const cells = this.#read();
    const own = this.#sessionNumber;
    const wanted = session <= 0 ? own + session : session;
    return cells
      .filter((cell) => cell.session === wanted && cell.line >= start && (stop === null || cell.line < stop))
      .map((cell) => entry(cell, withOutput));
  }

  /** Cells that match a pattern in which `*` is any text and `?` any character. */
  search(pattern: string, n: number | null, unique: boolean, withOutput: boolean): HistoryEntry[] {
    const expression = new RegExp(
      "^" +
        pattern
          .replace(/[.+^${}()|[\]\\]/g, "\\$&")
          .replaceAll("*", "[^]*")
          .replaceAll("?", "[^]") +
        "$",
    );
    let found = this.#read().filter(({ code }) => expression.test(code));
    if (unique) found = found.filter(({ code }, index) => !found.some((later, at) => at > index && later.code === code));
    return (n === null ? found : take(found, n)).map((cell) => entry(cell, withOutput));
  }

  #sessionNumber = 1;

  #read(): Cell[] {
    if (this.#path === undefined) return this.#kept;
    const sessions = new Map<string, number>();
    const cells: Cell[] = [];
    if (existsSync(this.#path)) {
      for (const line of readFileSync(this.#path, "utf8").split("\n")) {
        let record: Record_;
        try {
          record = JSON.parse(line) as Record_;
        } catch {
          // The last line of a kernel that was killed while writing.
          continue;
        }
        if ("start" in record) sessions.set(record.start, sessions.size + 1);
        else {
          const session = sessions.get(record.in);
          if (session !== undefined) cells.push({ session, line: record.line, code: record.code, output: record.out ?? null });
        }
      }
    }
    this.#sessionNumber = sessions.get(this.#id) ?? sessions.size + 1;
    return cells;
  }

  #append(record: Record_): void {
    if (this.#path === undefined) return;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      appendFileSync(this.#path, JSON.stringify(record) + "\n", { mode: 0o600 });
    } catch {
      // A home that cannot be written costs the history, not the cell.
    }
  }

  #shorten(): void {
    if (this.#path === undefined || !existsSync(this.#path) || statSync(this.#path).size < largest) return;
    try {
      const text = readFileSync(this.#path, "utf8");
      const from = text.indexOf('\n{"start"', text.length / 2);
      if (from < 0) return;
      writeFileSync(this.#path + "." + this.#id, text.slice(from + 1), { mode: 0o600 });
      renameSync(this.#path + "." + this.#id, this.#path);
    } catch {
      // As it was.
    }
  }
}

function entry(cell: Cell, withOutput: boolean): HistoryEntry {
  return [cell.session, cell.line, withOutput ? [cell.code, cell.output] : cell.code];
}

function take(cells: readonly Cell[], n: number): Cell[] {
  return n <= 0 ? [] : cells.slice(-n);
}

function defaultPath(): string {
  if (process.platform === "win32") return join(process.env["LOCALAPPDATA"] ?? homedir(), "lamella", "history.jsonl");
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", "lamella", "history.jsonl");
  return join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "lamella", "history.jsonl");
}
