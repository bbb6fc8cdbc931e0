import { inspect } from "node:util";
import { displaySymbol, type MimeBundle } from "./bundle.js";
import { escapeHtml } from "./escape.js";

/** What `show thing, option=…` and `show(thing, { option: … })` pass to a view; each view reads what concerns it. */
export interface ViewOptions {
  /** Which view, where a value has several: "values", "heatmap", "image", "maps", "filters", "attention", "curve", "table", "typescript", "text". */
  readonly as?: string;
  /** Tiles side by side. */
  readonly columns?: number;
  /** At most so many tiles or rows; the view says what it left out. */
  readonly limit?: number;
  readonly title?: string;
  /** Names of the classes, for labels, predictions and the axes of a confusion matrix. */
  readonly classes?: readonly string[];
  /** Whether each map is scaled to its own range ("each", the default) or all to one ("all"). */
  readonly scale?: "each" | "all";
  /** A curve with plotly instead of the still picture, where the front end lets scripts run. */
  readonly interactive?: boolean;
  readonly [option: string]: unknown;
}

/** One way to show a kind of value. Handlers are tried in order; the first that `accepts` renders. */
export interface ViewHandler {
  readonly name: string;
  accepts(value: unknown, options: ViewOptions): boolean;
  render(value: never, options: ViewOptions): MimeBundle;
}

const handlers: ViewHandler[] = [];

/** Adds views, tried before those added earlier: a special view of a value comes before the general one. */
export function registerViews(...added: ViewHandler[]): void {
  handlers.unshift(...added);
}

/**
 * The bundle of any value: its own `Jupyter.display`, else the first view that accepts it, else plain text. A view that
 * throws never loses the cell: the value is shown as plain text with a line that says what went wrong.
 */
export function bundleOf(value: unknown, options: ViewOptions = {}): MimeBundle {
  const warnings: string[] = [];
  try {
    const own = ownDisplay(value, options);
    if (own !== null) return own;
  } catch (error) {
    warnings.push(`its Jupyter.display failed: ${messageOf(error)}`);
  }
  return viewOf(value, options, warnings) ?? plainBundle(value, warnings);
}

/**
 * The first view that accepts the value, or null when it is a value without one (a number, an object of the user's). For
 * kernels: plain histories and data sets have views too, and no method that shows them.
 */
export function viewOf(value: unknown, options: ViewOptions = {}, warnings: string[] = []): MimeBundle | null {
  if (options.as === "text") return null;
  if (isBundle(value)) return value;
  for (const handler of handlers) {
    try {
      if (handler.accepts(value, options)) return handler.render(value as never, options);
    } catch (error) {
      warnings.push(`the ${handler.name} view failed: ${messageOf(error)}`);
    }
  }
  return warnings.length > 0 ? plainBundle(value, warnings) : null;
}

/** A value as plain text, below the warnings. */
function plainBundle(value: unknown, warnings: readonly string[] = []): MimeBundle {
  const text = plainText(value);
  if (warnings.length === 0) return { "text/plain": text };
  const notes = warnings.map((warning) => `(${warning})`).join("\n");
  return { "text/plain": `${text}\n${notes}`, "text/html": `<pre>${escapeHtml(text)}</pre><div>⚠ ${escapeHtml(notes)}</div>` };
}

/** The HTML of a bundle; its text, escaped, where it has none. */
export function htmlOf(bundle: MimeBundle): string {
  const html = bundle["text/html"];
  return typeof html === "string" ? html : `<pre>${escapeHtml(bundle["text/plain"])}</pre>`;
}

/** True for an object whose every key is a MIME type and that has `text/plain`: already a bundle. */
export function isBundle(value: unknown): value is MimeBundle {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let keys: readonly string[];
  try {
    keys = Object.keys(value);
  } catch {
    return false; // a proxy that refuses
  }
  return typeof (value as Record<string, unknown>)["text/plain"] === "string" && keys.every((key) => /^[\w.+-]+\/[\w.+-]+$/.test(key));
}

const ours = new WeakSet<object>();

/**
 * Gives `target` (a prototype, or an object such as a history) our view under `Jupyter.display`, so that other TypeScript
 * kernels show it too. Not enumerable: printing and saving the object do not see it.
 */
export function displayable<T extends object>(target: T): T {
  const display = function (this: unknown): MimeBundle {
    return bundleOf(this);
  };
  ours.add(display);
  Object.defineProperty(target, displaySymbol, { value: display, enumerable: false, configurable: true, writable: true });
  return target;
}

/** Gives a bundle that shows itself, so that `imageGrid(…)` as a cell's last line is the picture in any kernel. */
export function selfShowing(bundle: MimeBundle): MimeBundle {
  const display = (): MimeBundle => bundle;
  Object.defineProperty(bundle, displaySymbol, { value: display, enumerable: false, configurable: true });
  return bundle;
}

function ownDisplay(value: unknown, options: ViewOptions): MimeBundle | null {
  if (isBundle(value)) return value;
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return null;
  const display = (value as { [displaySymbol]?: unknown })[displaySymbol];
  if (typeof display !== "function" || ours.has(display)) return null;
  const bundle = (display as (options: ViewOptions) => unknown).call(value, options);
  if (typeof bundle !== "object" || bundle === null) throw new Error("it gave no bundle");
  const plain = (bundle as Record<string, unknown>)["text/plain"];
  return { ...bundle, "text/plain": typeof plain === "string" ? plain : plainText(value) };
}

function plainText(value: unknown): string {
  try {
    return typeof value === "string" ? value : inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 });
  } catch (error) {
    return `[a value that cannot be printed: ${messageOf(error)}]`;
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "unknown error";
  }
}
