import { Applicable, asApplicable } from "./applicable.js";
import { currentBuilder, isBuilding } from "./builder.js";
import { Flow } from "./flow.js";

/** What stands for a row, layer, block or network with a mistake that is already reported: nothing is said of what uses it. */
class SkippedFlow extends Flow {
  readonly failed = true;

  [asApplicable](): Applicable {
    return new SkippedLayer();
  }

  // Calculating with it ends the body: what comes after cannot be known.
  [Symbol.toPrimitive](): never {
    skip();
    throw new Error("this has a mistake of its own");
  }
}

class SkippedLayer extends Applicable {
  readonly rowText = "?";

  applyTo(): Flow {
    return skip();
  }
}

function skip(): Flow {
  if (isBuilding()) currentBuilder("a row").damaged = true;
  return new SkippedFlow(null);
}

/**
 * A row that has a mistake of its own, or a name that was to be defined there: the flow is broken behind it, and the other
 * rows are checked all the same. Used as a block or network it may be called.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function skipped(): any {
  return skip();
}

/** In the place of a net, block or value of the cell that has a mistake of its own. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const unusable: any = Object.assign(() => skip(), {
  failed: true,
  broken: true,
  upTo: skip,
  from: skip,
  between: skip,
  with: skip,
  [asApplicable]: () => new SkippedLayer(),
  [Symbol.toPrimitive]: () => {
    skip();
    throw new Error("this has a mistake of its own");
  },
});
