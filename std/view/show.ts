import { displaySink } from "./bundle.js";
import { bundleOf, type ViewOptions } from "./views.js";

/**
 * Displays a value: in a notebook as its view, in a script as text.
 * @param options what concerns the view: `columns: 12`, `as: "heatmap"`, `limit: 40` (see `ViewOptions`).
 */
export function show(value: unknown, options: ViewOptions = {}): void {
  displaySink().display(bundleOf(value, options));
}

let displays = 0;

/**
 * An id for a display that will be updated. It names the process, because a front end keeps the displays of the session
 * before a restart; ids are not kept in notebook files.
 */
export function newDisplayId(): string {
  return `lamella-${process.pid}-${++displays}`;
}
