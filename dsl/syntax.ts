/** The syntax tree of a cell. Every node says where it stands: `[start, end)` in characters of the source. */
export type Span = readonly [start: number, end: number];

export interface Located {
  readonly span: Span;
}

export interface Name extends Located {
  readonly text: string;
}

export interface Cell extends Located {
  readonly statements: readonly Statement[];
}

export type Statement = NetStatement | BlockStatement | LetRow | TrainStatement | ShowStatement | LoadStatement | SaveStatement;

export interface NetStatement extends Located {
  readonly kind: "net";
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly body: Body;
}

export interface BlockStatement extends Located {
  readonly kind: "block";
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly body: Body;
}

/** `image: 28x28x1` has a shape, `classes=1000` a default, `c` neither. */
export interface Parameter extends Located {
  readonly name: Name;
  readonly shape: ShapeExpression | null;
  /** `S int`: token ids. */
  readonly integer: boolean;
  readonly fallback: Expression | null;
}

export interface Body extends Located {
  readonly rows: readonly Row[];
}

export type Row = LetRow | DefaultRow | OutRow | IfRow | FlowRow | BareBody | SkippedRow;

/** In the place of a row with a mistake, so that the others can be checked: what it would have named is known, and broken. */
export interface SkippedRow extends Located {
  readonly kind: "skipped";
  readonly name: Name | null;
  /** What a `let` would have been; null for a row of the flow. */
  readonly value: Pipe | null;
}

export interface LetRow extends Located {
  readonly kind: "let";
  readonly name: Name;
  readonly value: Pipe;
  readonly claim: Claim | null;
}

export interface DefaultRow extends Located {
  readonly kind: "default";
  readonly args: readonly Argument[];
}

export interface OutRow extends Located {
  readonly kind: "out";
  readonly names: readonly Name[];
}

export interface IfRow extends Located {
  readonly kind: "if";
  readonly condition: Expression;
  readonly then: Body;
  readonly otherwise: Body | IfRow | null;
}

/** `c1: conv 6, 5x5 | tanh -> 28x28x6` */
export interface FlowRow extends Located {
  readonly kind: "row";
  readonly label: Name | null;
  readonly pipe: Pipe;
  readonly claim: Claim | null;
}

/** Braces without a header: only what is left of a row that could not be read. */
export interface BareBody extends Located {
  readonly kind: "bare";
  readonly body: Body;
}

export interface Claim extends Located {
  readonly parts: readonly ClaimPart[];
}

export type ClaimPart =
  | (Located & { readonly kind: "ask" })
  | (Located & { readonly kind: "params"; readonly value: Expression })
  | (Located & { readonly kind: "shape"; readonly shape: ShapeExpression; readonly integer: boolean });

/** `a | b | c` */
export interface Pipe extends Located {
  readonly kind: "pipe";
  readonly items: readonly Item[];
}

export type Item = Expression | Repeat;

export interface Repeat extends Located {
  readonly kind: "repeat";
  /** `n`, or `[n, c]`; null where only the count is given. */
  readonly pattern: readonly Name[] | null;
  /** True for `[n, c]`, false for a single name. */
  readonly destructured: boolean;
  readonly over: Expression;
  readonly body: Body;
}

export type Expression =
  NumberLiteral | StringLiteral | ShapeExpression | ListLiteral | NameExpression | Call | Member | Index | Slice | Unary | Binary | Pipe;

export interface NumberLiteral extends Located {
  readonly kind: "number";
  readonly value: number;
  readonly text: string;
}
export interface StringLiteral extends Located {
  readonly kind: "string";
  readonly value: string;
}
export interface ShapeExpression extends Located {
  readonly kind: "shape";
  readonly dims: readonly Expression[];
}
export interface ListLiteral extends Located {
  readonly kind: "list";
  readonly items: readonly Expression[];
}
export interface NameExpression extends Located {
  readonly kind: "name";
  readonly text: string;
}
/** `conv 96, 11x11, stride=4` (juxtaposed) or `conv(96, 11x11, stride=4)`. */
export interface Call extends Located {
  readonly kind: "call";
  readonly callee: Name;
  readonly args: readonly Argument[];
  readonly juxtaposed: boolean;
}
export interface Argument extends Located {
  readonly name: Name | null;
  readonly value: Expression;
}
export interface Member extends Located {
  readonly kind: "member";
  readonly object: Expression;
  readonly member: Name;
}
export interface Index extends Located {
  readonly kind: "index";
  readonly object: Expression;
  readonly index: Expression;
}
/** `N[..tap]`, `N[tap..]`, `N[a..b]` */
export interface Slice extends Located {
  readonly kind: "slice";
  readonly object: Expression;
  readonly from: Expression | null;
  readonly to: Expression | null;
}
export interface Unary extends Located {
  readonly kind: "unary";
  readonly operator: "-" | "not";
  readonly operand: Expression;
}
export type BinaryOperator = "+" | "-" | "*" | "/" | "@" | "%" | "^" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "and" | "or";
export interface Binary extends Located {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export interface TrainStatement extends Located {
  readonly kind: "train";
  readonly networks: readonly Name[];
  readonly data: Expression;
  readonly rows: readonly TrainRow[];
}
export type TrainRow = TrainKeyRow | UpdateRow | LetRow;
export interface TrainKeyRow extends Located {
  readonly kind: "key";
  readonly key: Name;
  readonly args: readonly Argument[];
}
export interface UpdateRow extends Located {
  readonly kind: "update";
  readonly network: Name;
  readonly loss: Expression;
}

export interface ShowStatement extends Located {
  readonly kind: "show";
  readonly value: Pipe;
  readonly options: readonly Argument[];
}
export interface LoadStatement extends Located {
  readonly kind: "load";
  readonly target: Expression;
  readonly file: Expression;
  readonly options: readonly Argument[];
}
export interface SaveStatement extends Located {
  readonly kind: "save";
  readonly target: Expression;
  readonly file: Expression;
  readonly options: readonly Argument[];
}

/** The nodes directly under a node, for walks that treat all kinds alike. */
export function children(node: Located): Located[] {
  const found: Located[] = [];
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) if (isLocated(item)) found.push(item);
    } else if (isLocated(value)) found.push(value);
  }
  return found;
}

function isLocated(value: unknown): value is Located {
  return typeof value === "object" && value !== null && "span" in value;
}
