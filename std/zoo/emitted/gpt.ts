// Emitted from networks/gpt.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["GPT"] as const;

export const summary = "A. Radford et al., Language models are unsupervised multitask learners, 2019 (GPT-2), small enough for a laptop.";

/** A. Radford et al., Language models are unsupervised multitask learners, 2019 (GPT-2), small enough for a laptop. */
export function gpt(): { GPT: lamella.Net<"layer[]", ["ids"]> } {
  const residual: lamella.Block = lamella.block("residual", { f: lamella.required }, ({ x, f }, { add }) => x.row(f, add(x)));

  const Decoder: lamella.Block = lamella.block(
    "Decoder",
    { heads: lamella.required },
    ({ x, heads }, { layernorm, attention, dropout, dense, gelu }) => {
      const flow = x.row(residual(lamella.chain(layernorm(), attention({ heads, causal: true }), dropout(0.1))));
      return flow.row(residual(lamella.chain(layernorm(), dense(4 * x.c), gelu(), dense(x.c), dropout(0.1))));
    },
  );

  const GPT: lamella.Net<"layer[]", ["ids"]> = lamella.net(
    "GPT",
    { ids: lamella.tokens("T"), V: 128, d: 192, heads: 6, n: 6, context: 256 },
    ({ ids, T, V, d, heads, n, context }, { embedding, positions, dropout, layernorm, dense, init }) => {
      const embed = embedding(V, d, { init: init.normal(0, 0.02) });
      let flow = ids.row(embed, positions("learned", { length: context }), dropout(0.1));
      flow = flow.repeat("layer", n, (flow) => flow.row(Decoder(heads))).claim([T, d]);
      flow = flow.row(layernorm());
      return flow.row(dense(V, { tie: embed, bias: false })).claim([T, V]);
    },
  );

  return { GPT };
}
