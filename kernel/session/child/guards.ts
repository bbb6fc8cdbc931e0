/** What an interrupted cell throws. The name is the one notebook users and front ends know. */
export class InterruptError extends Error {
  override readonly name = "KeyboardInterrupt";
  constructor() {
    super("the cell was interrupted; variables keep the values they have reached");
  }
}

/** For anything thrown, also for what throws when it is looked at (a proxy). */
export function isInterrupt(thrown: unknown): thrown is InterruptError {
  try {
    return thrown instanceof InterruptError;
  } catch {
    return false;
  }
}

const waiting = new Set<(reason: InterruptError) => void>();
/** "tripped": an interrupt has come. "parked": the interrupted cell is over; what is left of it never goes on. */
let state: "open" | "tripped" | "parked" = "open";

/** The awaits that an error has come through, innermost first: the script's id and the offset in its source. */
export const awaitsOf: WeakMap<object, (readonly [number, number])[]> = new WeakMap();

/**
 * Every `await` of a cell waits for this promise instead, which an interrupt rejects. `script` and `offset` say where it stands: the
 * engine loses sight of who awaits whom here.
 */
export function guard(value: unknown, script?: number, offset?: number): unknown {
  if (state === "parked") return new Promise(() => {});
  // Not at once: a loop that catches the rejection and goes on would leave the event loop no turn.
  if (state === "tripped") return new Promise((_, reject) => setImmediate(reject, new InterruptError()));
  if (!isThenable(value)) return value;
  return new Promise((resolve, reject) => {
    waiting.add(reject);
    value.then(
      (result) => {
        waiting.delete(reject);
        resolve(result);
      },
      (error: unknown) => {
        waiting.delete(reject);
        if (script !== undefined && offset !== undefined) rememberAwait(error, script, offset);
        reject(error);
      },
    );
  });
}

function rememberAwait(error: unknown, script: number, offset: number): void {
  if (typeof error !== "object" || error === null) return;
  const awaits = awaitsOf.get(error) ?? [];
  if (awaits.length < 50) awaits.push([script, offset]);
  awaitsOf.set(error, awaits);
}

/** What a cell's `for await` goes through. */
export async function* guardItems(items: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<unknown> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let finished = false;
  try {
    for (;;) {
      const next = (await guard(iterator.next())) as IteratorResult<unknown>;
      if (next.done === true) {
        finished = true;
        return;
      }
      yield await guard(next.value);
    }
  } finally {
    if (!finished) void iterator.return?.();
  }
}

/** Rejects every waiting `await`, and each that comes later. */
export function tripGuards(): void {
  state = "tripped";
  const rejects = [...waiting];
  waiting.clear();
  for (const reject of rejects) reject(new InterruptError());
}

/** When the interrupted cell is over: a loop of it that catches every interrupt stops at its next `await`. */
export function parkGuards(): void {
  state = "parked";
}

/** Before the next cell. */
export function resetGuards(): void {
  state = "open";
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
