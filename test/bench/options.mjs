// The options of the benchmark table, and what is said when they are wrong.
import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

export const names = [
  "mlp-2-16-2",
  "mlp-784-128-10",
  "lenet",
  "cnn",
  "resnet18",
  "alexnet",
  "vgg16-forward",
  "lstm",
  "transformer",
  "unet",
];

const help = `npm run bench [-- OPTIONS]

  --only NAMES        one workload or several, with commas: ${names.join(", ")}
  --json FILE         also writes the rows there
  --products LIST     who multiplies, with commas: blas (the system's, where there is one), own (machine code of the
                      engine, which it uses by default, BLAS or not), webassembly (as on other processors); default blas,own
  --threads 1,2       our thread counts, and PyTorch's
  --rounds 5          how often the contenders take turns
  --seconds 0.3       how long one turn lasts, at least one step
  --no-pytorch        without PyTorch (PYTHON and PYTHON_TORCH2 name the interpreters)
  --no-peers          without TensorFlow.js and jax-js
  --peer-limit 15     seconds that one step of theirs may take
`;

const kinds = {
  only: { type: "string", default: names.join(",") },
  json: { type: "string", default: "" },
  products: { type: "string", default: "blas,own" },
  threads: { type: "string", default: "1,2" },
  rounds: { type: "string", default: "5" },
  seconds: { type: "string", default: "0.3" },
  "no-pytorch": { type: "boolean", default: false },
  "no-peers": { type: "boolean", default: false },
  "peer-limit": { type: "string", default: "15" },
  help: { type: "boolean", default: false },
};

/** What a wrong option is answered with. */
class WrongOption extends Error {}

function number(values, name, { whole = false, least }) {
  const value = Number(values[name]);
  if (values[name].trim() === "" || !(value >= least) || (whole && !Number.isInteger(value)))
    throw new WrongOption(`--${name} takes a ${whole ? "whole " : ""}number of at least ${least}, but "${values[name]}" arrived`);
  return value;
}

function read(args) {
  const { values } = parseArgs({ args, options: kinds });
  const {
    only: chosen,
    json,
    products: multipliers,
    threads: counts,
  } = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const only = chosen.split(",");
  for (const name of only) {
    if (!names.includes(name)) throw new WrongOption(`there is no workload "${name}"; there are ${names.join(", ")}`);
  }
  const products = multipliers.split(",");
  for (const name of products) {
    if (!["blas", "own", "webassembly"].includes(name))
      throw new WrongOption(`--products takes blas, own or webassembly, or several with commas, but "${multipliers}" arrived`);
  }
  const threads = counts.split(",").map(Number);
  if (!threads.every((count) => Number.isInteger(count) && count >= 1 && count <= 64))
    throw new WrongOption(`--threads takes thread counts from 1 to 64, such as 1,2, but "${counts}" arrived`);
  if (json !== "" && !existsSync(path.dirname(path.resolve(json))))
    throw new WrongOption(`--json ${json}: there is no folder ${path.dirname(json)}`);
  return {
    help: values.help ? help : "",
    only: names.filter((name) => only.includes(name)),
    json,
    products: ["blas", "own", "webassembly"].filter((name) => products.includes(name)),
    threads: [...new Set(threads)].sort((a, b) => a - b),
    rounds: number(values, "rounds", { whole: true, least: 1 }),
    seconds: number(values, "seconds", { least: 0 }),
    pytorch: !values["no-pytorch"],
    peers: !values["no-peers"],
    peerLimit: number(values, "peer-limit", { least: 1 }),
  };
}

/** @returns the options, or what is wrong with them. */
export function readOptions(args) {
  try {
    return { options: read(args), wrong: "" };
  } catch (error) {
    if (error instanceof WrongOption) return { options: null, wrong: error.message };
    const unknown = /Unknown option '(.+?)'|Unexpected argument '(.+?)'/.exec(error.message);
    const what = unknown === null ? error.message : `there is no option "${unknown[1] ?? unknown[2]}"`;
    return { options: null, wrong: `${what}\n\n${help}` };
  }
}
