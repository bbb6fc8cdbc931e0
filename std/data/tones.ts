import { MemoryDataset } from "./memory.js";
import { NamedDataset } from "./named.js";
import { randomStream } from "./random-stream.js";

const classes = ["sine", "square", "sawtooth", "chirp", "noise"] as const;

export interface ToneOptions {
  /** Sounds in all, a fifth of them to test. Default 1000. */
  readonly count?: number;
  /** Samples of each sound at 8,000 a second. Default 1024. */
  readonly length?: number;
  readonly seed?: number;
}

/** One sample of a kind of tone. @param turns how many periods have gone */
function wave(label: number, turns: number): number {
  const phase = turns - Math.floor(turns);
  if (label === 1) return phase < 0.5 ? 1 : -1;
  if (label === 2) return 2 * phase - 1;
  return Math.sin(2 * Math.PI * phase);
}

/** Short sounds of 8 kHz, `length x 1` with samples from -1 to 1: sines, square and sawtooth waves, rising tones and noise, each with some noise. */
export function makeTones(options: ToneOptions = {}): NamedDataset {
  const { count = 1000, length = 1024, seed = 1 } = options;
  return new NamedDataset("tones", `${count} short sounds of five kinds: ${classes.join(", ")}`, () => {
    const random = randomStream(seed, "tones");
    const data = new Float32Array(count * length);
    const labels = new Int32Array(count);
    for (let index = 0; index < count; index++) {
      const label = index % classes.length;
      const frequency = 100 * 10 ** random.uniform(0, 1);
      const rise = label === 3 ? random.uniform(1.5, 3) : 1;
      const loudness = random.uniform(0.3, 0.9);
      const grain = random.uniform(0.01, 0.1);
      const start = random.uniform();
      for (let at = 0; at < length; at++) {
        // A chirp's frequency rises in a straight line; its turns are the integral.
        const turns = start + (frequency * at * (1 + ((rise - 1) * at) / (2 * length))) / 8000;
        const value = label === 4 ? random.uniform(-1, 1) : wave(label, turns);
        data[index * length + at] = Math.min(1, Math.max(-1, loudness * value + random.normal(0, grain)));
      }
      labels[index] = label;
    }
    const all = new MemoryDataset({
      name: "tones",
      classes,
      source: "embedded: generated",
      columns: { sound: { data, shape: [length, 1] }, label: { data: labels, shape: [] } },
    });
    const cut = Math.round(count * 0.8);
    return { train: all.subset(0, cut), test: all.subset(cut, count) };
  });
}

export const tones: NamedDataset = makeTones();
