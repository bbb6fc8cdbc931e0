/**
 * What is wrong with a call of a layer that lacks a value, in words: the checker compares what arrived with the type of the options
 * that a call by names takes. undefined for any other message.
 */
export function layerCallProblem(message: string): string | undefined {
  const options = String.raw`'(?:\w+ & )?Required<Pick<(\w+)Options, (.*?)>>'`;
  const oneMissing = new RegExp(String.raw`Property '(\w+)' is missing in type '.*?' but required in type ${options}`).exec(message);
  if (oneMissing !== null) return needs(oneMissing[2], [oneMissing[1] ?? ""], ", which is not given");
  const several = new RegExp(String.raw`is missing the following properties from type ${options}: ([\w, ]+)`).exec(message);
  if (several !== null) return needs(several[1], (several[3] ?? "").split(", "), ", which are not given");
  const value = new RegExp(String.raw`^Argument of type '(?!\{)[^']*' is not assignable to parameter of type ${options}\.`).exec(message);
  if (value === null) return undefined;
  return needs(value[1], [...(value[2] ?? "").matchAll(/\w+/g)].map(String), ", but one value arrived");
}

function needs(layer = "", names: readonly string[], why: string): string {
  const name = layer.toLowerCase();
  const listed = names.length === 1 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `\`${name}\` needs ${listed}${why}; by name: \`${name}({ ${names.map((one) => `${one}: …`).join(", ")} })\``;
}
