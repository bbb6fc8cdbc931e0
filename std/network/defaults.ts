import { currentBuilder } from "./builder.js";

/** Sets options for the rows that follow in this body and in the blocks they use: `defaults({ init: "he" })`. */
export function defaults(options: Readonly<Record<string, unknown>>): void {
  const builder = currentBuilder("default");
  builder.defaults = { ...builder.defaults, ...options };
}
