// Emitted from networks/seq2seq.lamella; see the README beside that folder.
import * as lamella from "../../network/index.js";

export const names = ["Seq2Seq"] as const;

export const summary = "M.-T. Luong et al., Effective approaches to attention-based neural machine translation, 2015: global attention with the dot score.";

/** M.-T. Luong et al., Effective approaches to attention-based neural machine translation, 2015: global attention with the dot score. */
export function seq2seq(): { Seq2Seq: lamella.Net<"enc" | "enc.state" | "dec" | "dec.state" | "score" | "context", ["src", "tgt"]> } {
  const Seq2Seq: lamella.Net<"enc" | "enc.state" | "dec" | "dec.state" | "score" | "context", ["src", "tgt"]> = lamella.net(
    "Seq2Seq",
    { src: lamella.tokens("S"), tgt: lamella.tokens("T"), Vs: 8000, Vt: 8000, d: 256, h: 512 },
    ({ src, S, tgt, T, Vs, Vt, d, h }, { embedding, lstm, softmax, transpose, concat, dense, tanh }) => {
      const enc = src.row("enc", embedding(Vs, d), lstm(h)).claim([S, h]);
      const dec = tgt.row("dec", embedding(Vt, d), lstm(h, { init: enc.extra("state") })).claim([T, h]);
      const score = softmax(dec.matmul(transpose(enc))).row("score");
      const context = score.matmul(enc).row("context");
      const flow = dec.row(concat(context), dense(h), tanh());
      return flow.row(dense(Vt)).claim([T, Vt]);
    },
  );

  return { Seq2Seq };
}
