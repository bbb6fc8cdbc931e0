export { readSafetensors, writeSafetensors, type SafetensorsFile } from "./safetensors.js";
export { load, save } from "./weights.js";
export { formatNpy, formatNpz, parseNpy, parseNpz, readNpy, readNpz, writeNpy, writeNpz } from "./npy.js";
export { exportOnnx, toOnnx, type OnnxOptions } from "./onnx/export.js";
