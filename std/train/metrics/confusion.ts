import { answerAt, forEachLabel, type MetricBatch } from "./metric.js";

/** How often each class (row: the right one) was answered by each class (column). Grows as classes appear. */
export class ConfusionCounts {
  classes = 0;
  #counts = new Float64Array(0);

  add(who: string, batch: MetricBatch): void {
    forEachLabel(who, batch, (start, classes, label) => {
      const answer = answerAt(batch, start, classes);
      this.#reserve(Math.max(classes, 2, label + 1));
      const cell = label * this.classes + answer;
      this.#counts[cell] = (this.#counts[cell] as number) + 1;
    });
  }

  at(label: number, answer: number): number {
    return this.#counts[label * this.classes + answer] ?? 0;
  }

  /** The matrix as rows: `rows[label][answer]`. */
  rows(): number[][] {
    return Array.from({ length: this.classes }, (_, label) => Array.from({ length: this.classes }, (__, answer) => this.at(label, answer)));
  }

  /** Of one class: right answers, all answers for it, all examples of it. */
  ofClass(label: number): { readonly right: number; readonly answered: number; readonly present: number } {
    let answered = 0;
    let present = 0;
    for (let other = 0; other < this.classes; other++) {
      answered += this.at(other, label);
      present += this.at(label, other);
    }
    return { right: this.at(label, label), answered, present };
  }

  #reserve(classes: number): void {
    if (classes <= this.classes) return;
    const next = new Float64Array(classes * classes);
    for (let label = 0; label < this.classes; label++) {
      for (let answer = 0; answer < this.classes; answer++) next[label * classes + answer] = this.at(label, answer);
    }
    this.#counts = next;
    this.classes = classes;
  }
}
