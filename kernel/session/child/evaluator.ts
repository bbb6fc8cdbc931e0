import { Session as InspectorSession } from "node:inspector";
import type { Runtime } from "node:inspector";
import type { Script } from "../messages.js";
import { InterruptError } from "./guards.js";
import { rememberScript, scriptUrl } from "./tracebacks.js";

/**
 * Runs scripts in the global scope as a console does: top-level `await` works, variables stay, declarations may be repeated. (The
 * inspector's evaluate does what `vm` cannot: `await` at the top level without wrapping the script in a function.)
 */
export class Evaluator {
  #inspector = connect();
  #unsettled = 0;
  #thrown: unknown;

  /**
   * Forgets the scripts that have not ended and may never. To be called before what is left of them can be collected as garbage: V8
   * would then call back in the middle of the collection and abort the process ("Invoke in DisallowJavascriptExecutionScope").
   */
  abandon(): void {
    if (this.#unsettled === 0) return;
    this.#inspector.disconnect();
    this.#inspector = connect();
  }

  /** Called from inside the inspector with what a script threw. */
  readonly catch = (thrown: unknown): void => {
    this.#thrown = thrown;
  };

  /** Resolves when the script has ended; rejects with what it threw. A script whose JavaScript is terminated may do neither. */
  run(script: Script, runtimeName: string): Promise<void> {
    rememberScript(script);
    const expression = `${script.code}\n;void 0\n//# sourceURL=${scriptUrl(script)}`;
    return new Promise((resolve, reject) => {
      // Node's types do not know `replMode`.
      this.#unsettled += 1;
      const parameters = { expression, replMode: true, awaitPromise: true, silent: true, objectGroup: "cell" };
      this.#inspector.post(
        "Runtime.evaluate",
        parameters as Runtime.EvaluateParameterType,
        (error: Error | null, answer?: Runtime.EvaluateReturnType) => {
          this.#unsettled -= 1;
          if (error !== null || answer === undefined) {
            reject(new InterruptError());
            return;
          }
          const details = answer.exceptionDetails;
          if (details === undefined) resolve();
          else reject(this.#valueOf(details, runtimeName));
        },
      );
    });
  }

  #valueOf(details: Runtime.ExceptionDetails, runtimeName: string): unknown {
    const remote = details.exception;
    if (remote === undefined) return new InterruptError();
    if (remote.objectId === undefined) {
      return remote.unserializableValue === undefined ? remote.value : numberOf(remote.unserializableValue);
    }
    this.#thrown = undefined;
    this.#inspector.post("Runtime.callFunctionOn", {
      objectId: remote.objectId,
      functionDeclaration: `function () { globalThis.${runtimeName}.catch(this); }`,
      silent: true,
    });
    this.#inspector.post("Runtime.releaseObjectGroup", { objectGroup: "cell" });
    return this.#thrown;
  }
}

function connect(): InspectorSession {
  const inspector = new InspectorSession();
  inspector.connect();
  return inspector;
}

/** "NaN", "-0", "Infinity", "12n": what JSON has no word for. */
function numberOf(text: string): number | bigint {
  return text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
}
