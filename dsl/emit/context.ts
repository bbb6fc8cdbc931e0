import type { Scope } from "../scope.js";
import type { Repeat, Span } from "../syntax.js";
import type { Code } from "./code.js";

/** What the emission of an expression needs to know of what is around it. */
export interface EmitContext {
  /** How a name of the source is called in the emitted text, where it may not be called the same. */
  rename(name: string): string;
  /** Whether the body around declares the name itself. */
  isLocal(name: string): boolean;
  /** Notes a free name of the cell. */
  use(name: string): void;
  /** A layer of the library in this place, noted as used: `conv` inside a body, `lamella.layers.conv` outside. */
  layerName(name: string): string;
  /** The last part of `layerName`. */
  layerCallee(name: string): string;
  /** `(flow, [n, c]) => { … }` */
  repeatBody(repeat: Repeat, scope: Scope): Code;
  sourceOf(span: Span): string;
}
