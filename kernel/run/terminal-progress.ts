import { clip } from "../../std/view/text-table.js";

/** Milliseconds between two plain lines where the terminal cannot rewrite one. */
const plainInterval = 5000;
const liveInterval = 100;

/** What `process.stderr` gives. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Tells on a terminal how far a run is: one line that is rewritten (cell, first line of it, seconds, epoch and loss while a
 * net trains), or, into a file or a CI log, a line per cell and one now and then within a long one.
 */
export class TerminalProgress {
  readonly #terminal: Terminal;
  readonly #total: number;
  readonly #now: () => number;
  #cell = 0;
  #title = "";
  #began = 0;
  #written = -Infinity;
  #detail = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal, total: number, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#total = total;
    this.#now = now;
  }

  /** Before the first cell, while the session starts. */
  starting(): void {
    if (this.#terminal.isTTY === true) this.#terminal.write("\r\u001b[Kstarting");
  }

  begin(source: string): void {
    this.#cell++;
    this.#title = titleOf(source);
    this.#began = this.#now();
    this.#written = this.#terminal.isTTY === true ? -Infinity : this.#now();
    this.#detail = "";
    this.#draw();
    if (this.#terminal.isTTY === true) this.#timer = setInterval(() => this.#draw(), 1000).unref();
  }

  /** "epoch 2/3 step 40/125  loss 0.12" from the running cell. */
  progress(text: string): void {
    this.#detail = text.replace(/\s*\n\s*/g, " ");
    this.#draw();
  }

  end(failed: boolean): void {
    clearInterval(this.#timer);
    if (this.#terminal.isTTY === true) this.#terminal.write("\r\u001b[K");
    else
      this.#terminal.write(
        `${this.#head()}  ${this.#seconds()} s${failed ? "  failed" : ""}${this.#detail === "" ? "" : `  ${this.#detail}`}\n`,
      );
  }

  #draw(): void {
    const live = this.#terminal.isTTY === true;
    if (this.#now() - this.#written < (live ? liveInterval : plainInterval)) return;
    this.#written = this.#now();
    const text = `${this.#head()}  ${this.#seconds()} s${this.#detail === "" ? "" : `  ${this.#detail}`}`;
    // One column less than there are: a full line would wrap, and could not be rewritten.
    if (live) this.#terminal.write(`\r\u001b[K${clip(text, Math.max(20, (this.#terminal.columns || 80) - 1))}`);
    else this.#terminal.write(`${text}\n`);
  }

  #head(): string {
    return `[${this.#cell}/${this.#total}] ${clip(this.#title, 36)}`;
  }

  #seconds(): string {
    const seconds = (this.#now() - this.#began) / 1000;
    return seconds < 10 ? seconds.toFixed(1) : String(Math.round(seconds));
  }
}

/** The first line of a cell that says something. */
export function titleOf(source: string): string {
  const lines = source.split("\n").map((line) => line.trim());
  return (
    lines.find((line) => line !== "" && !line.startsWith("//") && !line.startsWith("%%")) ??
    lines.find((line) => line !== "") ??
    ""
  ).replace(/\p{Cc}/gu, " ");
}
