import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const step: LayerDefinition = elementwise({
  name: "step",
  summary: "The threshold of the perceptron: 1 where x > 0, otherwise 0.",
  details:
    "y = 1 if x > 0 else 0. Its gradient is 0 everywhere: it is trained with the perceptron rule, not by gradient descent " +
    "(Rosenblatt 1958).",
  compute: (x) => operations.step(x),
});
