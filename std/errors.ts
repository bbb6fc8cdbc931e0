/**
 * Every error Lamella raises for a mistake of the user's: who, what arrived, what must hold, what to do.
 * The kernel shows `message` (and the place in the user's cell), never our own stack.
 */
export class LamellaError extends Error {
  override readonly name: string = "LamellaError";
  /** A stable code (`E012`) that labs and tests may refer to; the empty string for errors without one. */
  readonly code: string;
  /** The lines of context outer calls added, innermost first ("in Bottleneck, repetition 1 of `stage`"). */
  readonly context: string[] = [];

  constructor(message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? "";
  }

  /** Adds the caller's view of the error ("in conv1 of AlexNet") and gives the same error back, to be thrown on. */
  within(line: string): this {
    this.context.push(line);
    return this;
  }
}

/** Shapes or dtypes that do not fit an operation. */
export class ShapeError extends LamellaError {
  override readonly name = "ShapeError";
}
