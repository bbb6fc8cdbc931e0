import type { CellError, CellResult, Session, SessionOptions } from "../session/index.js";
import { OutputCollector } from "./cell-outputs.js";
import { tagsOf, type Notebook, type NotebookCell, type NotebookOutput } from "./notebook.js";

export interface RunOptions {
  /** The folder the cells run in. */
  readonly directory: string;
  readonly openSession: (options: SessionOptions) => Session | Promise<Session>;
  /** Seconds a cell may take; 0 is for ever. */
  readonly timeout?: number;
  /** Go on after a cell that failed. */
  readonly allowErrors?: boolean;
  readonly onCellStart?: (cell: NotebookCell) => void;
  /** `error` is null for a cell that failed as its tag says it may. */
  readonly onCellEnd?: (cell: NotebookCell, error: CellError | null) => void;
  readonly onProgress?: (text: string) => void;
  /** Ends the run: the running cell is interrupted, the rest stays as it was. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly notebook: Notebook;
  /** Every cell that failed unexpectedly, by its number among the code cells that ran. */
  readonly failures: readonly { readonly cell: number; readonly error: CellError }[];
  /** Code cells that were to run and did not. */
  readonly notRun: number;
  readonly aborted: boolean;
}

/** Milliseconds an interrupted cell has to end before its session is ended. */
const patience = 5000;

/**
 * Runs the code cells of a notebook in one session, from top to bottom. A cell tagged `raises-exception` may fail, one tagged
 * `skip-execution` does not run (nbclient's tags). Empty cells are passed over, as in Jupyter.
 */
export async function runNotebook(notebook: Notebook, options: RunOptions): Promise<RunResult> {
  const collector = new OutputCollector();
  const executed = new Map<NotebookCell, { outputs: NotebookOutput[]; count: number }>();
  const failures: { cell: number; error: CellError }[] = [];
  const planned = notebook.cells.filter(isRunnable);
  const session = await options.openSession({ directory: options.directory });
  try {
    // The session is ready when this ends: its start counts against no cell's time.
    await session.execute("", { onOutput: () => undefined, silent: true });
    for (const cell of planned) {
      if (options.signal?.aborted === true) break;
      const count = executed.size + 1;
      const outputs = collector.begin();
      executed.set(cell, { outputs, count });
      options.onCellStart?.(cell);
      const result = await runCell(session, cell, count, options, (output) => {
        if (output.kind === "progress") options.onProgress?.(output.text);
        else collector.add(outputs, output, count);
      });
      const failed = result.status !== "ok";
      if (failed && !outputs.some((output) => output.kind === "error")) {
        collector.add(outputs, { kind: "error", error: result.error }, count);
      }
      const unexpected = failed && !tagsOf(cell).includes("raises-exception");
      options.onCellEnd?.(cell, unexpected ? result.error : null);
      if (unexpected) {
        failures.push({ cell: count, error: result.error });
        if (options.allowErrors !== true) break;
      }
    }
  } finally {
    await session.close();
  }
  return {
    notebook: { metadata: withKernel(notebook.metadata), cells: notebook.cells.map((cell) => finished(cell, executed.get(cell))) },
    failures,
    notRun: planned.length - executed.size,
    aborted: options.signal?.aborted === true,
  };
}

/** True for a code cell that a run executes. */
export function isRunnable(cell: NotebookCell): boolean {
  return cell.type === "code" && cell.source.trim() !== "" && !tagsOf(cell).includes("skip-execution");
}

async function runCell(
  session: Session,
  cell: NotebookCell,
  count: number,
  options: RunOptions,
  onOutput: Parameters<Session["execute"]>[1]["onOutput"],
): Promise<CellResult> {
  const timeout = options.timeout ?? 0;
  let late: CellError | null = null;
  let timer: NodeJS.Timeout | undefined;
  let ender: NodeJS.Timeout | undefined;
  const stop = (): void => {
    session.interrupt();
    ender = setTimeout(() => void session.close(), patience);
  };
  if (timeout > 0) {
    timer = setTimeout(() => {
      const message = `the cell ran longer than ${timeout} s; --timeout gives it more`;
      late = { name: "CellTimeout", message, traceback: [`CellTimeout: ${message}`] };
      stop();
    }, timeout * 1000);
  }
  options.signal?.addEventListener("abort", stop);
  try {
    const result = await session.execute(cell.source, {
      cellNumber: count,
      // An interrupt that the timeout caused is told as the timeout.
      onOutput: (output) => onOutput(late !== null && output.kind === "error" ? { kind: "error", error: late } : output),
    });
    return late === null ? result : { status: "error", error: late, expressions: {} };
  } finally {
    clearTimeout(timer);
    clearTimeout(ender);
    options.signal?.removeEventListener("abort", stop);
  }
}

/** A cell after the run. What did not run has no outputs: those of an earlier run would be taken for this one's. */
function finished(cell: NotebookCell, run: { outputs: NotebookOutput[]; count: number } | undefined): NotebookCell {
  if (cell.type !== "code" || tagsOf(cell).includes("skip-execution")) return cell;
  // When an earlier run began and ended is of no use here, and would differ at every run.
  const { execution: _, ...metadata } = cell.metadata;
  return { ...cell, metadata, outputs: run?.outputs ?? [], executionCount: run?.count ?? null };
}

function withKernel(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { kernelspec: { name: "lamella", display_name: "Lamella", language: "typescript" }, ...metadata };
}
