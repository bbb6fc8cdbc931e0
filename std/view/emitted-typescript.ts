/** The TypeScript that cells in the layer language became, by the names of the networks they declare. */
const emitted = new Map<string, string>();

/** Told by the kernel before such a cell runs, for `show N, as=typescript`. */
export function rememberTypeScript(networks: readonly string[], text: string): void {
  for (const name of networks) emitted.set(name, text);
}

/** The TypeScript a network was declared by; undefined for one that was written in TypeScript. Variants share their net's. */
export function typescriptOf(network: { readonly name: string }): string | undefined {
  return emitted.get(network.name);
}
