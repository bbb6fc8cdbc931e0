import type { MessagePort } from "node:worker_threads";
import type { FromSession, ToSession } from "../messages.js";

/** From the session's main thread to its helper thread. */
export type ToHelper =
  | FromSession
  /** The main thread has received the interrupt request of this number and deals with it. */
  | { readonly type: "acknowledge"; readonly request: number }
  | { readonly type: "flush" };

/** From the helper thread to the main thread. */
export type ToMain =
  | Exclude<ToSession, { type: "interrupt" }>
  | { readonly type: "interrupt"; readonly request: number }
  /** The main thread did not answer and its JavaScript was terminated, while the cell of this id was to run. */
  | { readonly type: "terminated"; readonly id: number };

/** Words in memory shared by the two threads. */
export const shared = {
  /** Works that end by themselves when the interrupt signal aborts. */
  interruptible: 0,
  /** 1 while the main thread is blocked in `prompt`. */
  asking: 1,
  /** Grows when an answer (or an interrupt) is there for the blocked main thread. */
  answers: 2,
  /** Grows when everything sent before a "flush" has been written. */
  flushed: 3,
  /** 1 once cells can run: what a session does before, no interrupt may end. */
  loaded: 4,
  words: 5,
} as const;

export interface HelperData {
  readonly words: SharedArrayBuffer;
  /** Where the answer for a blocked `prompt` is put; null is an interrupt. */
  readonly answers: MessagePort;
}
