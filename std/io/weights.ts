import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import { LamellaError } from "../errors.js";
import type { Network } from "../network/network.js";
import { formatShape, sameShape } from "../tensor/shape.js";
import { keepWeights } from "../train/kept-weights.js";
import { readSafetensors, writeSafetensors } from "./safetensors.js";

/** The file a path means: `.safetensors` is added where there is no ending. */
export function weightsFile(path: string): string {
  return extname(path) === ".safetensors" ? path : `${path}.safetensors`;
}

/**
 * Writes a net's weights, running statistics too, as a safetensors file; folders are made, and a file that was there is
 * replaced only when the new one is whole.
 * @returns the file's path.
 */
export function save(network: Network, path: string): string {
  return saveAll([network], path);
}

/** `save` for nets that are trained together: with several, names start with the net's. */
export function saveAll(networks: readonly Network[], path: string): string {
  const file = weightsFile(path);
  const tensors = networks.flatMap((network) =>
    [...network.parameters].map(([name, variable]) => [networks.length === 1 ? name : `${network.name}/${name}`, variable.value] as const),
  );
  const bytes = writeSafetensors(tensors, { format: "lamella", network: networks.map(({ name }) => name).join(", ") });
  mkdirSync(dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.part`;
  try {
    writeFileSync(partial, bytes);
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
  return file;
}

/**
 * Reads a net's weights from a safetensors file. Nothing is changed unless all of them are there with the right shapes.
 * @throws LamellaError naming what is missing, left over, or of another shape.
 */
export function load(network: Network, path: string): void {
  const file = existsSync(path) && extname(path) !== "" ? path : weightsFile(path);
  if (!existsSync(file)) throw new LamellaError(`there is no file "${file}": save ${network.name} to it first, or correct the path`);
  const { tensors, metadata } = readSafetensors(readFileSync(file), basename(file));
  const from = metadata["network"] === undefined ? "" : ` (it was saved from ${metadata["network"]})`;
  const missing = [...network.parameters.keys()].filter((name) => !tensors.has(name));
  const extra = [...tensors.keys()].filter((name) => !network.parameters.has(name));
  if (missing.length > 0) {
    throw new LamellaError(
      `${basename(file)} does not hold the weights of ${network.name}${from}: ${listed(missing)} ${missing.length === 1 ? "is" : "are"} missing` +
        `${extra.length > 0 ? `; it has ${listed(extra)}` : ""}`,
    );
  }
  if (extra.length > 0) throw new LamellaError(`${basename(file)} holds more than the weights of ${network.name}${from}: ${listed(extra)}`);
  for (const [name, variable] of network.parameters) {
    const tensor = tensors.get(name);
    if (tensor !== undefined && (!sameShape(tensor.shape, variable.shape) || tensor.dtype !== variable.dtype)) {
      throw new LamellaError(
        `${basename(file)}${from}: ${name} is ${formatShape(tensor.shape)} ${tensor.dtype}, but ${network.name} needs ${formatShape(variable.shape)} ${variable.dtype}`,
      );
    }
  }
  for (const [name, variable] of network.parameters) {
    const tensor = tensors.get(name);
    if (tensor !== undefined) variable.assign(tensor);
  }
  keepWeights(network);
}

function listed(names: readonly string[]): string {
  return names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}
