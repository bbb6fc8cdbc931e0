/** One value in several MIME types: always `text/plain`, and static HTML or SVG that needs no script. */
export type MimeBundle = { readonly "text/plain": string } & { readonly [mime: string]: string | object };

/** Objects show themselves under this symbol, the convention of TypeScript kernels. */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display") as never;

/** Where displayed things go: the notebook session sends them to the front end, a script prints the plain text. */
export interface DisplaySink {
  display(bundle: MimeBundle, options?: { readonly displayId?: string; readonly update?: boolean }): void;
  /** Progress for a terminal (`lamella run` shows it on one line): "epoch 2/3  loss 0.12". */
  progress?(text: string): void;
}

let sink: DisplaySink = { display: (bundle) => console.log(bundle["text/plain"]) };

/** The kernel's session puts its own sink here; the default prints the plain text. */
export function setDisplaySink(next: DisplaySink): void {
  sink = next;
}

export function displaySink(): DisplaySink {
  return sink;
}
