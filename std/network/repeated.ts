import { Applicable } from "./applicable.js";
import type { Place } from "./builder.js";
import type { Flow, RepeatBody } from "./flow.js";

/** A repetition as a layer value: `let tower = conv 64, 3x3 | repeat 2 { … }`. */
class Repeated extends Applicable {
  readonly #over: unknown;
  readonly #body: RepeatBody;

  constructor(over: unknown, body: RepeatBody) {
    super();
    this.#over = over;
    this.#body = body;
  }

  get rowText(): string {
    return `repeat ${Array.isArray(this.#over) ? this.#over.length : String(this.#over)}`;
  }

  applyTo(flow: Flow, _place: Place): Flow {
    return flow.repeat(this.#over, this.#body);
  }
}

export function repeated(over: unknown, body: RepeatBody): Applicable {
  return new Repeated(over, body);
}
