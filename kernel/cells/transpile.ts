import type { TypeScript } from "../tslab/converter.js";
import { ts } from "../tslab/converter.js";
import { emit, type Emitted } from "./emit.js";
import { runtimeName } from "./runtime-name.js";

export interface TranspileOptions {
  /** Modules whose imports are dropped. */
  readonly typeOnlyImports?: ReadonlySet<string>;
  /** Whether the value of a last expression is the cell's result. */
  readonly showLast?: boolean;
  /** The script's id, for the places of its awaits. */
  readonly id?: number;
}

/**
 * Turns a cell into a script for the session's global scope. Top-level `let`, `const` and `class` become `var`, so that later cells
 * see the living variable and may declare it anew (that a `const` stays constant has been checked by then); imports become awaited
 * dynamic imports; every `await` goes through a guard that an interrupt can trip; the last expression is handed to the session.
 */
export function transpile(source: string, options: TranspileOptions = {}): Emitted {
  return emit(source, scriptTransformers(options));
}

export function scriptTransformers({ typeOnlyImports = new Set(), showLast = true, id }: TranspileOptions): TypeScript.CustomTransformers {
  return {
    before: [(context) => (file) => requireImports(context.factory, file)],
    after: [(context) => (file) => toScript(context, file, { typeOnlyImports, showLast, id })],
  };
}

/** `import x = require("y")` has no ESNext form: TypeScript would drop it. */
function requireImports(factory: TypeScript.NodeFactory, file: TypeScript.SourceFile): TypeScript.SourceFile {
  const statements = file.statements.map((statement) => {
    if (!ts.isImportEqualsDeclaration(statement) || statement.isTypeOnly) return statement;
    const reference = statement.moduleReference;
    if (!ts.isExternalModuleReference(reference)) return statement;
    const value = factory.createCallExpression(factory.createIdentifier("require"), undefined, [reference.expression]);
    return declareVariable(factory, statement.name, value, statement);
  });
  return factory.updateSourceFile(file, statements);
}

function toScript(
  context: TypeScript.TransformationContext,
  file: TypeScript.SourceFile,
  { typeOnlyImports, showLast, id }: Omit<Required<TranspileOptions>, "id"> & { readonly id: number | undefined },
): TypeScript.SourceFile {
  const { factory } = context;
  const guarded = ts.visitEachChild(file, (node) => guard(context, file, id, node), context);
  const statements = guarded.statements.flatMap((statement) => toScriptStatement(factory, statement, typeOnlyImports));
  const last = statements.at(-1);
  if (showLast && last !== undefined && ts.isExpressionStatement(last)) {
    const shown = factory.createCallExpression(runtimeMember(factory, "result"), undefined, [last.expression]);
    statements[statements.length - 1] = place(factory.createExpressionStatement(shown), last);
  }
  return factory.updateSourceFile(guarded, statements);
}

/** Rewrites what a script cannot do or an interrupt must reach: `await`, `for await`, `import()`, `import.meta`. */
function guard(
  context: TypeScript.TransformationContext,
  file: TypeScript.SourceFile,
  id: number | undefined,
  node: TypeScript.Node,
): TypeScript.Node {
  const { factory } = context;
  const visited = ts.visitEachChild(node, (child) => guard(context, file, id, child), context);
  if (ts.isAwaitExpression(visited)) {
    const written = ts.getOriginalNode(node);
    const place =
      id === undefined || written.pos < 0 ? [] : [id, written.getStart(file)].map((number) => factory.createNumericLiteral(number));
    const guarded = factory.createCallExpression(runtimeMember(factory, "guard"), undefined, [visited.expression, ...place]);
    return factory.updateAwaitExpression(visited, guarded);
  }
  if (ts.isForOfStatement(visited) && visited.awaitModifier !== undefined) {
    const items = callRuntime(factory, "guardItems", visited.expression);
    return factory.updateForOfStatement(visited, visited.awaitModifier, visited.initializer, items, visited.statement);
  }
  if (ts.isCallExpression(visited) && visited.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return factory.updateCallExpression(visited, runtimeMember(factory, "import"), undefined, visited.arguments);
  }
  if (ts.isMetaProperty(visited) && visited.keywordToken === ts.SyntaxKind.ImportKeyword) return runtimeMember(factory, "meta");
  return visited;
}

function toScriptStatement(
  factory: TypeScript.NodeFactory,
  statement: TypeScript.Statement,
  typeOnlyImports: ReadonlySet<string>,
): TypeScript.Statement[] {
  if (ts.isImportDeclaration(statement)) return importStatements(factory, statement, typeOnlyImports);
  if (ts.isExportDeclaration(statement)) return [];
  if (ts.isExportAssignment(statement)) return [place(factory.createExpressionStatement(statement.expression), statement)];
  if (ts.isVariableStatement(statement)) return [topLevelVariables(factory, statement)];
  if (ts.isClassDeclaration(statement)) {
    if (statement.name === undefined) return [];
    const modifiers = statement.modifiers?.filter((modifier) => !isExportModifier(modifier));
    const value = factory.createClassExpression(modifiers, statement.name, undefined, statement.heritageClauses, statement.members);
    return [declareVariable(factory, statement.name, place(value, statement), statement)];
  }
  if (ts.isFunctionDeclaration(statement) && statement.modifiers?.some(isExportModifier)) {
    if (statement.name === undefined) return [];
    const modifiers = statement.modifiers.filter((modifier) => !isExportModifier(modifier));
    const { asteriskToken, name, parameters, body } = statement;
    return [factory.updateFunctionDeclaration(statement, modifiers, asteriskToken, name, undefined, parameters, undefined, body)];
  }
  return [statement];
}

function topLevelVariables(factory: TypeScript.NodeFactory, statement: TypeScript.VariableStatement): TypeScript.Statement {
  const list = statement.declarationList;
  const written = ts.getOriginalNode(statement);
  // A `var` of the user's without a value keeps the value it has; `let x;`, and an enum's or namespace's variable, start anew.
  const keeps = ts.isVariableStatement(written) && (list.flags & ts.NodeFlags.BlockScoped) === 0;
  const declarations = list.declarations.map((declaration) =>
    declaration.initializer !== undefined || keeps
      ? declaration
      : factory.updateVariableDeclaration(declaration, declaration.name, undefined, undefined, factory.createVoidZero()),
  );
  const variables = place(factory.createVariableDeclarationList(declarations, ts.NodeFlags.None), list);
  const modifiers = statement.modifiers?.filter((modifier) => !isExportModifier(modifier));
  return factory.updateVariableStatement(statement, modifiers, variables);
}

/** `import d, { a, b as c } from "x"` as `var { default: d, a, b: c } = await __lamella__.import("x")`. */
function importStatements(
  factory: TypeScript.NodeFactory,
  statement: TypeScript.ImportDeclaration,
  typeOnlyImports: ReadonlySet<string>,
): TypeScript.Statement[] {
  const clause = statement.importClause;
  const from = ts.isStringLiteral(statement.moduleSpecifier) ? statement.moduleSpecifier.text : "";
  if (clause?.isTypeOnly === true || (clause !== undefined && typeOnlyImports.has(from))) return [];
  const names: [string, TypeScript.Identifier][] = [];
  let namespace: TypeScript.Identifier | undefined;
  if (clause?.name !== undefined) names.push(["default", clause.name]);
  const bindings = clause?.namedBindings;
  if (bindings !== undefined && ts.isNamespaceImport(bindings)) namespace = bindings.name;
  if (bindings !== undefined && ts.isNamedImports(bindings)) {
    for (const element of bindings.elements) {
      if (!element.isTypeOnly) names.push([(element.propertyName ?? element.name).text, element.name]);
    }
  }
  const wanted = factory.createArrayLiteralExpression(names.map(([name]) => factory.createStringLiteral(name)));
  const imported = factory.createCallExpression(runtimeMember(factory, "import"), undefined, [statement.moduleSpecifier, wanted]);
  const awaited = factory.createAwaitExpression(callRuntime(factory, "guard", imported));
  if (clause === undefined) return [place(factory.createExpressionStatement(factory.createVoidExpression(awaited)), statement)];
  if (namespace !== undefined && names.length === 0) return [declareVariable(factory, namespace, awaited, statement)];
  const pattern = factory.createObjectBindingPattern(
    names.map(([name, local]) => factory.createBindingElement(undefined, factory.createStringLiteral(name), local)),
  );
  if (namespace === undefined) return [declareVariable(factory, pattern, awaited, statement)];
  return [declareVariable(factory, namespace, awaited, statement), declareVariable(factory, pattern, namespace, statement)];
}

function declareVariable(
  factory: TypeScript.NodeFactory,
  name: TypeScript.BindingName,
  value: TypeScript.Expression,
  at: TypeScript.Node,
): TypeScript.VariableStatement {
  const declaration = factory.createVariableDeclaration(name, undefined, undefined, value);
  return place(factory.createVariableStatement(undefined, factory.createVariableDeclarationList([declaration])), at);
}

function callRuntime(factory: TypeScript.NodeFactory, member: string, argument: TypeScript.Expression): TypeScript.Expression {
  return factory.createCallExpression(runtimeMember(factory, member), undefined, [argument]);
}

function runtimeMember(factory: TypeScript.NodeFactory, member: string): TypeScript.Expression {
  return factory.createPropertyAccessExpression(factory.createIdentifier(runtimeName), member);
}

function isExportModifier(node: TypeScript.ModifierLike): boolean {
  return node.kind === ts.SyntaxKind.ExportKeyword || node.kind === ts.SyntaxKind.DefaultKeyword;
}

/** Gives a made node the source position of the node it stands for. */
function place<T extends TypeScript.Node>(node: T, at: TypeScript.Node): T {
  ts.setOriginalNode(node, at);
  return ts.setTextRange(node, at);
}
