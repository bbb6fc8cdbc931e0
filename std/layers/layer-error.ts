import { LamellaError } from "../errors.js";

/** A layer that cannot be applied: the row, the argument at fault, and the formula with its numbers. */
export class LayerError extends LamellaError {
  override readonly name = "LayerError";
  /** The argument the message is about, so that the layer language can underline just that; null for the layer's name. */
  readonly argument: string | null;
  /** A second line with the formula and the numbers in it, or what to do. */
  readonly hint: string;

  constructor(message: string, options: { code?: string; argument?: string; hint?: string } = {}) {
    super(message, options.code === undefined ? {} : { code: options.code });
    this.argument = options.argument ?? null;
    this.hint = options.hint ?? "";
  }
}
