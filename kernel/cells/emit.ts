/** TypeScript's transformers and printer, without the program and the checker that `transpileModule` makes for each text. */
import type { TypeScript } from "../tslab/converter.js";
import { ts } from "../tslab/converter.js";
import { internalsOf } from "../tslab/internals.js";

export interface Emitted {
  readonly code: string;
  /** Source map mappings from `code` back to the source. */
  readonly mappings: string;
}

const internals = internalsOf(ts);

const options: TypeScript.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2022,
  newLine: ts.NewLineKind.LineFeed,
  jsx: ts.JsxEmit.React,
  sourceMap: true,
  experimentalDecorators: true,
  verbatimModuleSyntax: true,
  // Decorator and enum output must not be changed by what `lib` says.
  noLib: true,
};

/** The JavaScript of a TypeScript text that has been checked. */
export function emit(source: string, transformers: TypeScript.CustomTransformers): Emitted {
  return emitAlone(source, transformers) ?? emitInProgram(source, transformers);
}

/** undefined where the text holds what only a checker can tell: values of enums, what decorated classes refer to. */
export function emitAlone(source: string, transformers: TypeScript.CustomTransformers): Emitted | undefined {
  const file = ts.createSourceFile("cell.ts", source, { languageVersion: ts.ScriptTarget.ES2022 });
  internals.bindSourceFile(file, options);
  const { scriptTransformers } = internals.getTransformers(options, transformers);
  try {
    const transformation = internals.transformNodes(resolver, {}, ts.factory, options, [file], scriptTransformers, false);
    const writer = internals.createTextWriter("\n");
    const map = internals.createSourceMapGenerator(namesOfSources, "cell.js", "", "", options);
    const printer = internals.createPrinter(options, {
      onEmitNode: transformation.emitNodeWithNotification,
      isEmitNotificationEnabled: transformation.isEmitNotificationEnabled,
      substituteNode: transformation.substituteNode,
    });
    const [transformed = file] = transformation.transformed;
    printer.writeFile(transformed, writer, map);
    transformation.dispose();
    return { code: writer.getText() + (writer.isAtStartOfLine() ? "" : "\n"), mappings: map.toJSON().mappings };
  } catch (error) {
    if (error === needsChecker) return undefined;
    throw error;
  }
}

export function emitInProgram(source: string, transformers: TypeScript.CustomTransformers): Emitted {
  const result = ts.transpileModule(source, { fileName: "cell.ts", reportDiagnostics: false, compilerOptions: options, transformers });
  const { mappings } = JSON.parse(result.sourceMapText ?? '{"mappings":""}') as { mappings: string };
  return { code: result.outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, ""), mappings };
}

const needsChecker = new Error("only a checker can tell");

/** What the transformers ask the checker. */
const resolver = new Proxy(
  {},
  {
    get: () => () => {
      throw needsChecker;
    },
  },
);

const namesOfSources = { getCurrentDirectory: () => "", getCanonicalFileName: (name: string) => name };
