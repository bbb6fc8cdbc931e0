export { readSafetensors, writeSafetensors, type SafetensorsFile } from "./safetensors.js";
export { load, save } from "./weights.js";
