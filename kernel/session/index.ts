export type { CellError, CellOutput, CellResult, ExecuteOptions, ExpressionResult, Session, SessionOptions } from "./outputs.js";
