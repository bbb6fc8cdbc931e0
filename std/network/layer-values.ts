import type { Dim } from "../layers/definition.js";
import type { Initializer } from "../layers/initializers.js";
import type { Tensor } from "../tensor/tensor.js";
import type { PendingFlow } from "./applicable.js";
import type { Flow } from "./flow.js";

/** `[11, 11]`, or one number for every axis. */
export type Size = number | readonly number[];

/** A number, one for each axis, a pair (before, after) for each axis, or `"same"`. */
export type Padding = "same" | number | readonly (number | readonly number[])[];

/** `[7, 7, 256]`; -1 stands for what is left. */
export type ShapeValue = Dim | readonly Dim[];

/** Another flow of the net. */
export type Operand = Flow | PendingFlow;

export type InitializerName = "zeros" | "ones" | "constant" | "normal" | "uniform" | "xavier" | "he" | "lecun" | "orthogonal";

/** How weights start: by name, as `init.normal(0, 0.02)`, or a number for a constant. */
export type InitializerValue = InitializerName | Initializer | number;

/** What a layer gives that is applied at once, as in formulas: a flow for a flow, a tensor for a tensor, a number for a number. */
// A hyperparameter may be any of them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Applied<T> = 0 extends 1 & T ? any : T extends Flow ? Flow : T extends Tensor ? Tensor : number;
