import { ShapeError } from "../../errors.js";
import { formatShape } from "../../tensor/shape.js";
import { defineMetric, type Metric, type MetricBatch, type OutputArgument } from "./metric.js";

/** The words of one sentence up to its padding. */
type Sentence = readonly number[];

/**
 * BLEU (K. Papineni et al., ACL 2002) over the whole corpus: the geometric mean of the clipped 1- to n-gram precisions times
 * the brevity penalty `exp(1 - r / c)` where the candidates are shorter than the references.
 */
export function corpusBleu(candidates: readonly Sentence[], references: readonly Sentence[], n = 4): number {
  const matches = new Array<number>(n).fill(0);
  const totals = new Array<number>(n).fill(0);
  let candidateLength = 0;
  let referenceLength = 0;
  for (const [index, candidate] of candidates.entries()) {
    const reference = references[index] ?? [];
    candidateLength += candidate.length;
    referenceLength += reference.length;
    for (let length = 1; length <= n; length++) {
      const available = groups(reference, length);
      for (const [group, count] of groups(candidate, length)) {
        matches[length - 1] = (matches[length - 1] as number) + Math.min(count, available.get(group) ?? 0);
        totals[length - 1] = (totals[length - 1] as number) + count;
      }
    }
  }
  if (matches.some((count) => count === 0)) return 0;
  const logMean = matches.reduce((sum, count, index) => sum + Math.log(count / (totals[index] as number)), 0) / n;
  const brevity = candidateLength < referenceLength ? Math.exp(1 - referenceLength / candidateLength) : 1;
  return brevity * Math.exp(logMean);
}

function groups(sentence: Sentence, length: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + length <= sentence.length; start++) {
    const group = sentence.slice(start, start + length).join(" ");
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

/** Scores `N x T x V` give the words with the greatest ones; targets `N x T` are words. Word 0 (or the loss's `ignore`) is padding and ends a sentence. */
function sentencesOf(batch: MetricBatch): { candidates: number[][]; references: number[][] } {
  const { predictionShape: shape, targetShape, prediction, target } = batch;
  const [count, length, words] = shape as [number, number, number];
  if (shape.length !== 3 || targetShape.length !== 2 || targetShape[0] !== count || targetShape[1] !== length) {
    throw new ShapeError(
      `bleu: outputs of batch x words x vocabulary and targets of batch x words are expected, but they are ${formatShape(shape)} and ${formatShape(targetShape)}`,
    );
  }
  const padding = batch.ignore ?? 0;
  const candidates: number[][] = [];
  const references: number[][] = [];
  for (let row = 0; row < count; row++) {
    const reference: number[] = [];
    const candidate: number[] = [];
    for (let at = 0; at < length; at++) {
      const word = target[row * length + at] as number;
      if (word !== padding) reference.push(word);
      const start = (row * length + at) * words;
      let best = 0;
      for (let other = 1; other < words; other++)
        if ((prediction[start + other] as number) > (prediction[start + best] as number)) best = other;
      candidate.push(best);
    }
    // Under teacher forcing the answer has a word for every padded place too; it is judged up to its own first padding or the reference's end.
    const end = candidate.indexOf(padding);
    candidates.push(candidate.slice(0, end === -1 ? Math.max(reference.length, 1) : end));
    references.push(reference);
  }
  return { candidates, references };
}

/** Overlap of word groups between translation and reference, over the whole data set. */
export const bleu: (args?: OutputArgument & { n?: number }) => Metric = defineMetric<OutputArgument & { n?: number }>(
  "bleu",
  ({ n = 4 }) => {
    const candidates: number[][] = [];
    const references: number[][] = [];
    return {
      add: (batch) => {
        const sentences = sentencesOf(batch);
        candidates.push(...sentences.candidates);
        references.push(...sentences.references);
      },
      value: () => (candidates.length === 0 ? Number.NaN : corpusBleu(candidates, references, n)),
    };
  },
);
