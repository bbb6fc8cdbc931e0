import type { CellOutput } from "../session/index.js";
import type { NotebookOutput } from "./notebook.js";

/**
 * The outputs of a run, cell by cell, as a front end would hold them at its end: streams merged, displays replaced by
 * their updates (also those of earlier cells), cleared outputs gone.
 */
export class OutputCollector {
  readonly #cells: NotebookOutput[][] = [];
  /** Where each display id was shown: cell and position. */
  readonly #displays = new Map<string, { outputs: NotebookOutput[]; output: NotebookOutput }[]>();
  readonly #clearPending = new Set<NotebookOutput[]>();

  /** Begins a cell and gives the list that its outputs go to. */
  begin(): NotebookOutput[] {
    const outputs: NotebookOutput[] = [];
    this.#cells.push(outputs);
    return outputs;
  }

  add(outputs: NotebookOutput[], output: CellOutput, executionCount: number): void {
    switch (output.kind) {
      case "progress":
        return;
      case "clear":
        if (output.wait) this.#clearPending.add(outputs);
        else outputs.length = 0;
        return;
      case "display": {
        const shown: NotebookOutput = { kind: "display", data: output.data, metadata: output.metadata };
        if (output.displayId !== undefined && output.update) this.#update(output.displayId, shown);
        else {
          this.#push(outputs, shown);
          if (output.displayId !== undefined)
            this.#displays.set(output.displayId, [...(this.#displays.get(output.displayId) ?? []), { outputs, output: shown }]);
        }
        return;
      }
      case "stream": {
        this.#clearIfPending(outputs);
        const last = outputs.at(-1);
        if (last?.kind === "stream" && last.name === output.name) outputs[outputs.length - 1] = { ...last, text: last.text + output.text };
        else outputs.push({ kind: "stream", name: output.name, text: output.text });
        return;
      }
      case "result":
        this.#push(outputs, { kind: "result", data: output.data, metadata: output.metadata, executionCount });
        return;
      case "error":
        this.#push(outputs, { kind: "error", name: output.error.name, value: output.error.message, traceback: output.error.traceback });
    }
  }

  #push(outputs: NotebookOutput[], output: NotebookOutput): void {
    this.#clearIfPending(outputs);
    outputs.push(output);
  }

  #clearIfPending(outputs: NotebookOutput[]): void {
    if (this.#clearPending.delete(outputs)) outputs.length = 0;
  }

  /** Replaces every output shown under the id; one that was cleared stays gone. */
  #update(displayId: string, shown: NotebookOutput): void {
    for (const place of this.#displays.get(displayId) ?? []) {
      const index = place.outputs.indexOf(place.output);
      if (index < 0) continue;
      place.outputs[index] = shown;
      place.output = shown;
    }
  }
}
