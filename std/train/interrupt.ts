/**
 * How a running piece of work is asked to stop. The notebook session and `lamella run` call `requestInterrupt`; training (and
 * anything else that can end well when interrupted) runs under `interruptible` and watches the signal it is given.
 */
let controller = new AbortController();
let running = 0;
const watchers = new Set<(running: number) => void>();

/**
 * Runs work that ends by itself soon after the signal aborts (within one training step), keeping what it has reached. While it
 * runs, an interrupt only aborts the signal and waits, instead of stopping the thread in the middle of a step.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  change(1);
  try {
    return await work(controller.signal);
  } finally {
    change(-1);
  }
}

/** Aborts the signal. True when work runs that will end by itself. */
export function requestInterrupt(): boolean {
  controller.abort();
  return running > 0;
}

/** A fresh signal, for the next cell. */
export function resetInterrupt(): void {
  if (controller.signal.aborted) controller = new AbortController();
}

/** Calls `watch` with the number of interruptible works whenever it changes. */
export function watchInterruptible(watch: (running: number) => void): void {
  watchers.add(watch);
}

function change(by: number): void {
  running += by;
  for (const watch of watchers) watch(running);
}
