/** What an interrupted cell throws. The name is the one notebook users and front ends know. */
export class InterruptError extends Error {
  override readonly name = "KeyboardInterrupt";
  constructor() {
    super("the cell was interrupted; variables keep the values they have reached");
  }
}

const waiting = new Set<(reason: InterruptError) => void>();
let tripped = false;

/** Every `await` of a cell waits for this promise instead, which an interrupt rejects. */
export function guard(value: unknown): unknown {
  if (tripped) return Promise.reject(new InterruptError());
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
        reject(error as Error);
      },
    );
  });
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

/** Rejects every waiting `await`, and each that comes before `resetGuards`. */
export function tripGuards(): void {
  tripped = true;
  const rejects = [...waiting];
  waiting.clear();
  for (const reject of rejects) reject(new InterruptError());
}

/** Before the next cell. */
export function resetGuards(): void {
  tripped = false;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null && typeof (value as { then?: unknown }).then === "function";
}
