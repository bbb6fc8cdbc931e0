// Emitted from networks/transformer.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["Transformer"] as const;

export const summary = "A. Vaswani et al., Attention is all you need, 2017: figure 1, the base model of table 3.";

/** A. Vaswani et al., Attention is all you need, 2017: figure 1, the base model of table 3. */
export function transformer(): { Transformer: lamella.Net<"memory[]", ["src", "tgt"]> } {
  const residual: lamella.Block = lamella.block("residual", { f: lamella.required }, ({ x, f }, { add }) => x.row(f, add(x)));

  const EncoderLayer: lamella.Block = lamella.block(
    "EncoderLayer",
    { h: lamella.required, heads: lamella.required },
    ({ x, h, heads }, { attention, dropout, layernorm, dense, relu }) => {
      const flow = x.row(residual(lamella.chain(attention({ heads }), dropout(0.1))), layernorm());
      return flow.row(residual(lamella.chain(dense(h), relu(), dense(x.c), dropout(0.1))), layernorm());
    },
  );

  const DecoderLayer: lamella.Block = lamella.block(
    "DecoderLayer",
    { x: lamella.shape("T", "D"), memory: lamella.shape("S", "D"), h: lamella.required, heads: lamella.required },
    ({ x, D, memory, h, heads }, { attention, dropout, layernorm, dense, relu }) => {
      let flow = x.row(residual(lamella.chain(attention({ heads, causal: true }), dropout(0.1))), layernorm());
      flow = flow.row(residual(lamella.chain(attention(memory, { heads }), dropout(0.1))), layernorm());
      return flow.row(residual(lamella.chain(dense(h), relu(), dense(D), dropout(0.1))), layernorm());
    },
  );

  const Transformer: lamella.Net<"memory[]", ["src", "tgt"]> = lamella.net(
    "Transformer",
    { src: lamella.tokens("S"), tgt: lamella.tokens("T"), V: 37000, d: 512, h: 2048, heads: 8, n: 6 },
    ({ src, tgt, T, V, d, h, heads, n }, { embedding, sqrt, positions, dropout, dense }) => {
      const embed = embedding(V, d, { scale: sqrt(d) });
      const memory = src.row(embed, positions(), dropout(0.1)).repeat("memory", n, (flow) => flow.row(EncoderLayer(h, heads)));
      let flow = tgt.row(embed, positions(), dropout(0.1));
      flow = flow.repeat(n, (flow) => flow.row(DecoderLayer(memory, h, heads))).claim([T, d]);
      return flow.row(dense(V, { tie: embed })).claim([T, V]);
    },
  );

  return { Transformer };
}
