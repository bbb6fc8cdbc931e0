// TensorFlow.js's gradients come as modules only, written for bundlers: without the endings of files and without a package
// that says they are modules. These hooks let Node load them as they lie. (The package that bundles them weighs 294 MB.)
const ours = /@tensorflow\/tfjs-core\/dist\//;

export async function resolve(specifier, context, next) {
  if (!specifier.startsWith(".") || !ours.test(context.parentURL ?? "")) return await next(specifier, context);
  try {
    return await next(`${specifier}.js`, context);
  } catch {
    return await next(`${specifier}/index.js`, context);
  }
}

export async function load(url, context, next) {
  return await next(url, ours.test(url) && !url.endsWith(".node.js") ? { ...context, format: "module" } : context);
}
