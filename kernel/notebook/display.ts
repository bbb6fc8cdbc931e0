import type { MimeBundle } from "../../std/view/bundle.js";
import { displaySink } from "../../std/view/bundle.js";
import { notebookHost } from "./host.js";
import { renderNow } from "./render.js";

/** What `display` gives back: the place on the page, to be replaced later. As the last value of a cell it shows nothing. */
export class DisplayHandle {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** Shows another value in the same place. */
  update(value: unknown): void {
    displaySink().display(renderNow(value), { displayId: this.id, update: true });
  }
}

let displays = 0;

/**
 * Shows a value below the cell, as the cell's last value would be shown. Call `update` on what it returns to replace it:
 *
 *     const place = display("0 %");
 *     place.update("50 %");
 */
export function display(value: unknown): DisplayHandle {
  displays += 1;
  const id = `display-${displays}`;
  displaySink().display(renderNow(value), { displayId: id });
  return new DisplayHandle(id);
}

/** Shows HTML as it is. Escape what did not come from you. */
export function html(text: string): Displayable {
  return displayable({ "text/html": text, "text/plain": "[HTML]" });
}

/** Shows an SVG picture. */
export function svg(text: string): Displayable {
  return displayable({ "image/svg+xml": text, "text/plain": "[SVG]" });
}

/** Shows Markdown. */
export function markdown(text: string): Displayable {
  return displayable({ "text/markdown": text, "text/plain": text });
}

/** A value that carries its MIME bundle, for a cell's last line or for `display`. */
export interface Displayable {
  readonly bundle: MimeBundle;
}

function displayable(bundle: MimeBundle): Displayable {
  const value = { bundle };
  Object.defineProperty(value, Symbol.for("Jupyter.display"), { value: () => bundle });
  return value;
}

/** Removes what the cell has shown so far. `wait: true` waits for the next output, so that nothing flickers. */
export function clearOutput(options: { readonly wait?: boolean } = {}): void {
  notebookHost()?.clearOutput(options.wait ?? false);
}
