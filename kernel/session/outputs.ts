import type { MimeBundle } from "../../std/view/bundle.js";

/** What a cell shows while it runs, in the order in which it was shown. */
export type CellOutput =
  | { readonly kind: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | {
      readonly kind: "display";
      readonly data: MimeBundle;
      readonly metadata: Readonly<Record<string, unknown>>;
      /** Given when the output may be replaced later. */
      readonly displayId?: string;
      /** true: replace every output that was shown under `displayId` instead of adding one. */
      readonly update: boolean;
    }
  /** The value of the cell's last expression. */
  | { readonly kind: "result"; readonly data: MimeBundle; readonly metadata: Readonly<Record<string, unknown>> }
  | { readonly kind: "error"; readonly error: CellError }
  /** `wait`: clear only when the next output arrives. */
  | { readonly kind: "clear"; readonly wait: boolean }
  /** A line for a terminal ("epoch 2/3  loss 0.12"); notebooks ignore it. */
  | { readonly kind: "progress"; readonly text: string };

/** An error as Jupyter shows it. The traceback's lines hold the user's cells and files only, without ANSI codes. */
export interface CellError {
  readonly name: string;
  readonly message: string;
  readonly traceback: readonly string[];
}

/** How a cell ended. The error, if there is one, has also been given to `onOutput`. */
export type CellResult =
  | { readonly status: "ok"; readonly expressions: Readonly<Record<string, ExpressionResult>> }
  | {
      /** "crashed": the session process ended; the next cell runs in a fresh one. */
      readonly status: "error" | "interrupted" | "crashed";
      readonly error: CellError;
      readonly expressions: Readonly<Record<string, ExpressionResult>>;
    };

/** The value of one of Jupyter's `user_expressions`. */
export type ExpressionResult =
  | { readonly status: "ok"; readonly data: MimeBundle; readonly metadata: Readonly<Record<string, unknown>> }
  | { readonly status: "error"; readonly error: CellError };

export interface ExecuteOptions {
  readonly onOutput: (output: CellOutput) => void;
  /** Names the cell in tracebacks ("Cell 3, line 2"). Default: counts the executed cells from 1. */
  readonly cellNumber?: number;
  /** Answers `input(question)` and `prompt(question)`; without it, asking is an error. */
  readonly onInput?: (question: string, password: boolean) => Promise<string>;
  /** true: the value of the last expression is neither rendered nor shown. */
  readonly silent?: boolean;
  /** Evaluated after the cell, when it ended well. */
  readonly expressions?: Readonly<Record<string, string>>;
}

export interface SessionOptions {
  /** The folder the cells run in: `import "./x.ts"` and data paths are relative to it. */
  readonly directory: string;
  /** Added to the environment of the session process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `!command` lines run in the system's shell. Default false. */
  readonly allowShell?: boolean;
  /** Output that arrives while no cell runs (a timer's, a late promise's). Default: given to the last cell's `onOutput`. */
  readonly onStrayOutput?: (output: CellOutput) => void;
}

/** Cells in one scope, run one at a time in a process of their own. The notebook kernel and `lamella run` both use this. */
export interface Session {
  /** Compiles and runs a cell. Calls may overlap: they run in the order of the calls. Never rejects for an error of the user's. */
  execute(code: string, options: ExecuteOptions): Promise<CellResult>;
  /** Stops the running cell, whatever it does; variables stay. Without a running cell it does nothing. */
  interrupt(): void;
  /** Ends the session process. A running cell ends as crashed. */
  close(): Promise<void>;
}
