import type { Dataset } from "../data/dataset.js";
import type { Network } from "../network/network.js";
import { trace } from "../tensor/graph.js";
import type { Tensor } from "../tensor/tensor.js";
import { displaySink, type MimeBundle } from "../view/bundle.js";
import { featureMaps } from "../view/feature-maps.js";
import { imageGrid } from "../view/image-grid.js";
import { newDisplayId } from "../view/show.js";
import { bundleOf } from "../view/views.js";
import { adversarialContext } from "./adversarial.js";
import type { TrainingEvent } from "./events.js";
import { trainingExecutor } from "./executor.js";
import { Feed } from "./feed.js";
import type { TrainOptions, UpdateContext } from "./options.js";

/** Examples a watched value is computed for. */
const examples = 16;

/** Shows watched values while a run goes: each in a display of its own, replaced after every epoch (or step). */
export class Watch {
  readonly #every: "epoch" | "step";
  readonly #values: readonly { readonly title: string; readonly compute: () => Tensor }[];
  readonly #displays: string[] = [];

  constructor(networks: readonly Network[], dataset: Dataset, given: NonNullable<TrainOptions["watch"]>, seed: number) {
    const { value, every = "epoch" } = typeof given === "object" && "value" in given ? given : { value: given };
    this.#every = every;
    if (typeof value === "function") {
      this.#values = [{ title: "watched", compute: () => computeFunction(value, dataset, networks, seed) }];
      return;
    }
    const network = networks[0] as Network;
    const taps = typeof value === "string" ? [value] : value;
    const feed = new Feed([network], dataset);
    const inputs = (): Tensor[] => {
      const columns = feed.batch(firstExamples(dataset), null);
      return feed.binding.inputs.map((name) => columns[feed.columns.indexOf(name)] as Tensor);
    };
    this.#values = taps.map((tap) => ({ title: tap, compute: () => network.tap(tap, ...inputs()) }));
  }

  see(event: TrainingEvent): void {
    if (event.kind !== this.#every) return;
    for (const [index, { title, compute }] of this.#values.entries()) {
      const when = event.kind === "epoch" ? `after epoch ${event.epoch}` : `after step ${event.step}`;
      const update = this.#displays[index] !== undefined;
      this.#displays[index] ??= newDisplayId();
      displaySink().display(pictured(compute(), `${title} ${when}`), { displayId: this.#displays[index], update });
    }
  }
}

function firstExamples(dataset: Dataset): Int32Array {
  return Int32Array.from({ length: Math.min(examples, dataset.size) }, (_, index) => index);
}

/** A function of the step, with the random numbers of the same step each time, so that pictures can be compared over the epochs. */
function computeFunction(value: (step: UpdateContext) => Tensor, dataset: Dataset, networks: readonly Network[], seed: number): Tensor {
  const feed = new Feed(networks, dataset, { all: true });
  const indices = firstExamples(dataset);
  const columns = feed.batch(indices, null);
  const graph = trace((...inputs) => {
    const data = Object.fromEntries(feed.columns.map((name, index) => [name, inputs[index] as Tensor]));
    return value(adversarialContext(data, indices.length, seed));
  }, feed.columnTypes(indices.length));
  const plan = trainingExecutor().prepare(graph, { name: "watched value" });
  try {
    return plan.run(columns)[0] as Tensor;
  } finally {
    plan.dispose();
  }
}

function pictured(value: Tensor, title: string): MimeBundle {
  if (value.rank !== 4) return bundleOf(value, { title });
  return value.shape[3] === 1 || value.shape[3] === 3 ? imageGrid(value, { title }) : featureMaps(value, { title });
}
