import { LamellaError } from "../errors.js";

/** What a polynomial is written in: a symbol, or a polynomial divided by a whole number and rounded down. */
type Atom = { readonly name: string } | { readonly dividend: Polynomial; readonly divisor: number };

/** A product of atoms, in the order of their texts, and how often it is taken. */
interface Term {
  readonly atoms: readonly Atom[];
  readonly coefficient: number;
}

const textOf = (atom: Atom): string => ("name" in atom ? atom.name : `${parenthesize(atom.dividend)}/${atom.divisor}`);
const keyOf = (atoms: readonly Atom[]): string =>
  atoms.length === 1 ? textOf(atoms[0] as Atom) : atoms.map((atom) => ("name" in atom ? atom.name : `(${textOf(atom)})`)).join("*");

function parenthesize(polynomial: Polynomial): string {
  const text = polynomial.toString();
  return /[^\p{L}\p{N}_]/u.test(text) ? `(${text})` : text;
}

/**
 * A polynomial with whole coefficients in the symbols of a shape. Two that are built in different ways and are the same
 * have the same text; divisions are rounded down, with the whole part taken out: (T - 2)/2 + 1 is T/2.
 */
export class Polynomial {
  /** Keyed by the text of the product; the constant term has the empty key. No zero coefficients. */
  readonly #terms: ReadonlyMap<string, Term>;

  private constructor(terms: Iterable<Term>) {
    const sum = new Map<string, Term>();
    for (const term of terms) {
      const key = keyOf(term.atoms);
      const coefficient = (sum.get(key)?.coefficient ?? 0) + term.coefficient;
      if (coefficient === 0) sum.delete(key);
      else sum.set(key, { atoms: term.atoms, coefficient });
    }
    this.#terms = sum;
  }

  static constant(value: number): Polynomial {
    return new Polynomial([{ atoms: [], coefficient: value }]);
  }

  static symbol(name: string): Polynomial {
    return new Polynomial([{ atoms: [{ name }], coefficient: 1 }]);
  }

  plus(other: Polynomial): Polynomial {
    return new Polynomial([...this.#terms.values(), ...other.#terms.values()]);
  }

  times(other: Polynomial): Polynomial {
    const products: Term[] = [];
    for (const a of this.#terms.values()) {
      for (const b of other.#terms.values()) {
        const atoms = [...a.atoms, ...b.atoms].sort((x, y) => (textOf(x) < textOf(y) ? -1 : 1));
        products.push({ atoms, coefficient: a.coefficient * b.coefficient });
      }
    }
    return new Polynomial(products);
  }

  /** floor(this / divisor): the part that divides evenly is taken out, the rest becomes an atom. */
  floorDivide(divisor: number): Polynomial {
    if (!Number.isInteger(divisor) || divisor < 1)
      throw new LamellaError(`a dimension is divided by a whole number from 1 up, but this is ${divisor}`);
    const whole: Term[] = [];
    const rest: Term[] = [];
    for (const { atoms, coefficient } of this.#terms.values()) {
      const quotient = Math.floor(coefficient / divisor);
      whole.push({ atoms, coefficient: quotient });
      rest.push({ atoms, coefficient: coefficient - quotient * divisor });
    }
    const remainder = new Polynomial(rest);
    const constant = remainder.asConstant();
    if (constant !== null) return new Polynomial(whole); // 0 <= constant < divisor
    // floor(floor(a/2)/3) = floor(a/6): nested windows keep a short text.
    const single = [...remainder.#terms.values()];
    const inner = single.length === 1 && single[0]?.coefficient === 1 && single[0].atoms.length === 1 ? single[0].atoms[0] : undefined;
    const atom: Atom =
      inner !== undefined && "dividend" in inner
        ? { dividend: inner.dividend, divisor: inner.divisor * divisor }
        : { dividend: remainder, divisor };
    return new Polynomial([...whole, { atoms: [atom], coefficient: 1 }]);
  }

  isZero(): boolean {
    return this.#terms.size === 0;
  }

  /** The number this is, when there is no symbol in it. */
  asConstant(): number | null {
    if (this.#terms.size === 0) return 0;
    return this.#terms.size === 1 ? (this.#terms.get("")?.coefficient ?? null) : null;
  }

  /** The least value for symbols from 1 up; -Infinity when there is none. */
  lowerBound(): number {
    let bound = 0;
    for (const { atoms, coefficient } of this.#terms.values()) {
      if (atoms.length === 0) bound += coefficient;
      else {
        const least = atoms.map(leastOf);
        if (coefficient < 0 || least.some((value) => value < 0)) return -Infinity;
        bound += least.reduce((product, value) => product * value, coefficient);
      }
    }
    return bound;
  }

  evaluate(values: ReadonlyMap<string, number>): number {
    const valueOf = (atom: Atom): number => {
      if (!("name" in atom)) return Math.floor(atom.dividend.evaluate(values) / atom.divisor);
      const value = values.get(atom.name);
      if (value === undefined) throw new LamellaError(`the dimension ${atom.name} has no value yet`);
      return value;
    };
    let sum = 0;
    for (const { atoms, coefficient } of this.#terms.values()) sum += atoms.reduce((product, atom) => product * valueOf(atom), coefficient);
    return sum;
  }

  substitute(values: ReadonlyMap<string, Polynomial>): Polynomial {
    let sum = Polynomial.constant(0);
    for (const { atoms, coefficient } of this.#terms.values()) {
      let product = Polynomial.constant(coefficient);
      for (const atom of atoms) {
        const factor =
          "name" in atom
            ? (values.get(atom.name) ?? Polynomial.symbol(atom.name))
            : atom.dividend.substitute(values).floorDivide(atom.divisor);
        product = product.times(factor);
      }
      sum = sum.plus(product);
    }
    return sum;
  }

  /** `2*T + 1`: products by the alphabet, the constant last, a negative term not first where there is a positive one. */
  toString(): string {
    if (this.#terms.size === 0) return "0";
    const order = (key: string, coefficient: number): string => `${key === "" ? 1 : 0}${coefficient < 0 ? 1 : 0}${key}`;
    const terms = [...this.#terms].sort(([a, x], [b, y]) => (order(a, x.coefficient) < order(b, y.coefficient) ? -1 : 1));
    let text = "";
    for (const [key, { atoms, coefficient }] of terms) {
      const size = Math.abs(coefficient);
      const [first] = atoms;
      // 2*(S/3) is not (2*S)/3, and -(S/3) not (-S)/3, rounded down.
      const factor = atoms.length === 1 && first !== undefined && !("name" in first) ? `(${key})` : key;
      const body = key === "" ? String(size) : size === 1 ? (text === "" && coefficient < 0 ? factor : key) : `${size}*${factor}`;
      if (text === "") text = coefficient < 0 ? `-${body}` : body;
      else text += (coefficient < 0 ? " - " : " + ") + body;
    }
    return text;
  }
}

function leastOf(atom: Atom): number {
  if ("name" in atom) return 1;
  return Math.floor(atom.dividend.lowerBound() / atom.divisor);
}

const parsed = new Map<string, Polynomial>();

/** Reads the texts `Polynomial` writes: names, whole numbers, `+ - * /` and parentheses; `/` by a whole number, rounding down. */
export function parsePolynomial(text: string): Polynomial {
  let polynomial = parsed.get(text);
  if (polynomial === undefined) {
    polynomial = new Reader(text).read();
    if (parsed.size > 10_000) parsed.clear();
    parsed.set(text, polynomial);
  }
  return polynomial;
}

class Reader {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(private readonly text: string) {
    this.#tokens = text.match(/[\p{L}_][\p{L}\p{N}_]*|\d+|\S/gu) ?? [];
  }

  read(): Polynomial {
    const result = this.#sum();
    if (this.#next < this.#tokens.length) throw this.#unreadable();
    return result;
  }

  #sum(): Polynomial {
    let sum = this.#product();
    for (;;) {
      if (this.#take("+")) sum = sum.plus(this.#product());
      else if (this.#take("-")) sum = sum.plus(this.#product().times(Polynomial.constant(-1)));
      else return sum;
    }
  }

  #product(): Polynomial {
    let product = this.#factor();
    for (;;) {
      if (this.#take("*")) product = product.times(this.#factor());
      else if (this.#take("/")) {
        const divisor = this.#factor().asConstant();
        if (divisor === null) throw this.#unreadable();
        product = product.floorDivide(divisor);
      } else return product;
    }
  }

  #factor(): Polynomial {
    if (this.#take("-")) return this.#factor().times(Polynomial.constant(-1));
    if (this.#take("(")) {
      const inner = this.#sum();
      if (!this.#take(")")) throw this.#unreadable();
      return inner;
    }
    const token = this.#tokens[this.#next++] ?? "";
    if (/^\d+$/.test(token)) return Polynomial.constant(Number(token));
    if (/^[\p{L}_]/u.test(token)) return Polynomial.symbol(token);
    throw this.#unreadable();
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false;
    this.#next++;
    return true;
  }

  #unreadable(): LamellaError {
    return new LamellaError(`"${this.text}" is not a dimension: a number, a name, or a sum, product or quotient of these`);
  }
}
