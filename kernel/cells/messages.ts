import type { PositionMap, Span } from "../../dsl/index.js";
import type { CellError } from "../session/outputs.js";
import type { MimeBundle } from "../../std/view/bundle.js";

/** What became of a cell before running it. */
export type CompiledCell =
  | {
      readonly kind: "script";
      readonly source: string;
      readonly code: string;
      readonly mappings: string;
      readonly timed: boolean;
      /** For a cell in the layer language: where in its rows the places of the emitted TypeScript come from. */
      readonly layers?: PositionMap;
      /** Networks that the cell declares, and the TypeScript it became: for `show N, as=typescript`. */
      readonly emitted?: { readonly networks: readonly string[]; readonly typescript: string };
      /** Networks of other cells that it shows, trains, saves or loads, and where it says so. */
      readonly subjects?: readonly Subject[];
      /** Warnings, for stderr; empty when there are none. */
      readonly notices: string;
    }
  | { readonly kind: "show"; readonly data: MimeBundle }
  | { readonly kind: "failed"; readonly error: CellError };

/** A name and its place in the source. */
export interface Subject {
  readonly name: string;
  readonly span: Span;
}

export interface Completion {
  /** UTF-16 offsets of the text that a match replaces. */
  readonly start: number;
  readonly end: number;
  readonly matches: readonly CompletionMatch[];
}

/** As many matches get a signature and documentation: more are not on the screen. */
export const describedMatches = 50;

export interface CompletionMatch {
  readonly text: string;
  /** "method", "layer", "option" … */
  readonly type: string;
  /** Parameters and result of a function, the type of another value; what an option takes. */
  readonly signature: string;
  readonly documentation: string;
}

export interface InspectionBundle {
  readonly data: MimeBundle;
}

export type Completeness = { readonly status: "complete" | "invalid" } | { readonly status: "incomplete"; readonly indent: string };

/** A place in a cell, and the notebook's plain values. */
export interface EditorRequest {
  readonly source: string;
  readonly offset: number;
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface CompileRequest {
  readonly source: string;
  readonly title: string;
  readonly allowShell: boolean;
  readonly expression: boolean;
  /** The id its script will have. */
  readonly id?: number;
}

/** Requests to the compiler's thread and what it answers. */
export interface CompilerCalls {
  compile(request: CompileRequest): CompiledCell;
  complete(request: EditorRequest): Completion;
  inspect(request: EditorRequest): InspectionBundle | null;
  isComplete(request: { source: string }): Completeness;
  /** Forgets the declarations of all cells: the session they lived in is gone. */
  reset(request: Record<string, never>): null;
  /** Waits until the type checker is there. */
  warmUp(request: Record<string, never>): null;
}

export interface CompilerRequest {
  readonly id: number;
  readonly call: keyof CompilerCalls;
  readonly argument: unknown;
}

export type CompilerAnswer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };
