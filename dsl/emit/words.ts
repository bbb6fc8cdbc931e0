/** Names that cannot be used for variables of the emitted text. */
export const taken: ReadonlySet<string> = new Set(
  (
    "lamella break case catch class const continue debugger delete do else enum export extends false finally for function if import in instanceof new null " +
    "return super switch this throw true try typeof var void while with yield let static await async implements interface package private protected public " +
    "arguments eval undefined NaN Infinity"
  ).split(" "),
);
