/** What each code of a `LayerError` is about, with a message it stands on. Labs and tests may refer to the codes: they do not change. */
export const layerErrorCodes: ReadonlyMap<string, { readonly summary: string; readonly example: string }> = new Map(
  Object.entries({
    E020: { summary: "no layer has that name", example: "there is no layer `cov`; did you mean `conv`?" },
    E021: { summary: "a value is of the wrong kind", example: "`conv`: filters is a whole number, but 9.5 arrived" },
    E022: { summary: "a value is missing", example: "`conv` needs filters, a whole number: how many channels come out." },
    E023: { summary: "there are too many values", example: "`maxpool` takes at most 1 value without a name (size), but 2 arrived" },
    E024: { summary: "a value is out of range, or not among the choices", example: "`dropout`: rate is from 0 to 1, but 1.5 arrived" },
    E025: { summary: "a value is given twice", example: "`dense` was given units twice: once by its place and once as units=" },
    E026: {
      summary: "a layer has no such option",
      example: "`maxpool` has no option `strid`; did you mean `stride`? (it has size, stride, pad)",
    },
    E027: { summary: "no initialiser has that name", example: "there is no initialiser `hee`; did you mean `he`?" },
    E030: {
      summary: "the flow has not the form a layer works on",
      example: "`dense` works on the last dimension, but the flow is 7x7x512: flatten or gap first?",
    },
    E031: { summary: "shapes do not fit each other", example: "cannot add: the flow is 56x56x256, `skip` is 56x56x64" },
    E032: {
      summary: "a window or a sequence is larger than what there is",
      example: "`conv`: a window of 5x5 does not fit, the flow is 3x3x4",
    },
    E033: { summary: "a number does not divide another", example: "heads=8 does not divide 500" },
    E034: {
      summary: "an extent that decides a weight's shape is not a number",
      example: "`dense` needs to know how many features come in when the net is built, but the flow is TxD",
    },
    E035: {
      summary: "token ids where numbers are wanted, or the reverse",
      example: "`embedding` takes token ids, but the flow is Tx16, which are numbers",
    },
  }),
);
