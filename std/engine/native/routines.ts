import type { VectorBytes } from "./assembler.js";
import { recurrentCode, type RecurrentRoutine } from "./recurrent-code.js";
import { transformCode } from "./transform-code.js";
import { grainOf as grainOfTransform, type TransformRoutine } from "./transforms.js";

/** What machine code does besides products. */
export type Routine = TransformRoutine | RecurrentRoutine;

const isTransform = (routine: Routine): routine is TransformRoutine => "side" in routine;

/** What a routine's work is dealt out by. */
export const grainOf = (routine: Routine): number => (isTransform(routine) ? grainOfTransform(routine) : 1);

/** Routines of the same name have the same code. */
export const nameOf = (routine: Routine): string =>
  isTransform(routine) ? `${routine.kind} ${routine.side} ${routine.kernel}` : routine.kind;

export const codeOf = (vectorBytes: VectorBytes, routine: Routine): Uint8Array =>
  isTransform(routine) ? transformCode(vectorBytes, routine) : recurrentCode(vectorBytes, routine);
