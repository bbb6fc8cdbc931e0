import { inspect } from "node:util";
import type { MimeBundle } from "../../std/view/bundle.js";
import { displaySymbol } from "../../std/view/bundle.js";
import { viewOf } from "../../std/view/views.js";

/**
 * Any value as a MIME bundle. A value that knows how to show itself (a method under `Symbol.for("Jupyter.display")`, which may be
 * asynchronous) is asked, then the views of std (a training history is a plain object); everything else, and a value whose
 * method fails, becomes text as Node's `util.inspect` writes it.
 */
export async function render(value: unknown): Promise<MimeBundle> {
  const show = displayMethod(value);
  if (show === undefined) return viewOf(value) ?? { "text/plain": plain(value) };
  try {
    return withText(value, await show.call(value));
  } catch (error) {
    return failed(value, error);
  }
}

/** As `render`, for when there is no time to wait: a method that answers with a promise counts as failed. */
export function renderNow(value: unknown): MimeBundle {
  const show = displayMethod(value);
  if (show === undefined) return viewOf(value) ?? { "text/plain": plain(value) };
  try {
    return withText(value, show.call(value));
  } catch (error) {
    return failed(value, error);
  }
}

function displayMethod(value: unknown): ((this: unknown) => unknown) | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    const method: unknown = (value as Record<symbol, unknown>)[displaySymbol];
    return typeof method === "function" ? (method as (this: unknown) => unknown) : undefined;
  } catch {
    return undefined;
  }
}

function withText(value: unknown, bundle: unknown): MimeBundle {
  if (typeof bundle !== "object" || bundle === null || bundle instanceof Promise) {
    throw new TypeError('Symbol.for("Jupyter.display") must give an object from MIME types to data');
  }
  const entries = Object.entries(bundle).filter(([, data]) => data !== undefined && data !== null);
  const data = Object.fromEntries(entries) as Record<string, string | object>;
  return typeof data["text/plain"] === "string" ? (data as MimeBundle) : { "text/plain": plain(value), ...data };
}

function failed(value: unknown, error: unknown): MimeBundle {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { "text/plain": `${plain(value)}\n(it could not be drawn: ${reason})` };
}

function plain(value: unknown): string {
  try {
    return inspect(value, { depth: 4, colors: false, breakLength: 100, maxArrayLength: 100, maxStringLength: 100_000 });
  } catch (error) {
    return `[a value that cannot be written: ${error instanceof Error ? error.message : String(error)}]`;
  }
}
