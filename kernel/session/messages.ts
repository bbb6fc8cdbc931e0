import type { PositionMap } from "../../dsl/index.js";
import type { Subject } from "../cells/messages.js";
import type { CellOutput, CellResult } from "./outputs.js";

/** A cell that is ready to run. */
export interface Script {
  /** Unique in the session; names the script inside V8. */
  readonly id: number;
  /** "Cell 3", as tracebacks name it. */
  readonly title: string;
  readonly source: string;
  readonly code: string;
  readonly mappings: string;
  /** `%%time`. */
  readonly timed: boolean;
  /** For a cell in the layer language: `source` is its rows, `mappings` lead to the emitted TypeScript, and this from there to the rows. */
  readonly layers?: PositionMap;
  /** Networks that the cell declares, and the TypeScript it became: for `show N, as=typescript`. */
  readonly emitted?: { readonly networks: readonly string[]; readonly typescript: string };
  /** Networks of other cells that it shows, trains, saves or loads. */
  readonly subjects?: readonly Subject[];
}

/** A comm message, either way. Buffers travel as base64. */
export interface CommMessage {
  readonly kind: "open" | "message" | "close";
  readonly commId: string;
  readonly target: string;
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly string[];
}

/** From the kernel process to the session process. */
export type ToSession =
  | {
      readonly type: "run";
      readonly script: Script;
      readonly silent: boolean;
      readonly canAsk: boolean;
      /** Compiled user expressions by name; an error that compiling gave is the kernel process's business. */
      readonly expressions: readonly { readonly name: string; readonly script: Script }[];
    }
  | { readonly type: "interrupt" }
  | { readonly type: "answer"; readonly text: string }
  | { readonly type: "comm"; readonly comm: CommMessage };

/** From the session process to the kernel process. */
export type FromSession =
  | { readonly type: "ready" }
  | { readonly type: "output"; readonly output: CellOutput }
  | { readonly type: "ask"; readonly question: string; readonly password: boolean }
  | {
      readonly type: "done";
      readonly id: number;
      readonly result: CellResult;
      /** The last output, where the cell ended with it: one message wakes those on its way once. */
      readonly last?: CellOutput;
      readonly values: Readonly<Record<string, unknown>>;
    }
  | { readonly type: "comm"; readonly comm: CommMessage }
  /** The user's code called `process.exit(code)`. */
  | { readonly type: "exit"; readonly code: number };
