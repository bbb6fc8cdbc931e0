import type { Address, LoweringContext } from "./contract.js";
import { absent } from "./arguments.js";
import { scratchBytes } from "./scratch.js";

/** What a kernel does with its result before it stores it. The numbers are those of `assembly/matmul/activation.ts`. */
export const activationCodes = { none: 0, relu: 1, tanh: 2, sigmoid: 3 } as const;
export type ActivationName = keyof typeof activationCodes;

/** Finishes a product: adds a bias to each row, then a residual, then applies the activation. */
export interface Epilogue {
  readonly bias: Address | null;
  readonly residual: Address | null;
  readonly activation: ActivationName;
}

export const plain: Epilogue = { bias: null, residual: null, activation: "none" };

/** `batch` row-major products C = op(A) op(B); strides in elements between the matrices of a batch, 0 for a shared operand. */
export interface Product {
  readonly a: Address;
  readonly b: Address;
  readonly c: Address;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Row lengths in elements; default: dense. With an epilogue C is dense. */
  readonly lda?: number;
  readonly ldb?: number;
  readonly ldc?: number;
  /** B lies in panels of 8 columns, as our own kernel reads it: not for `gemm`. */
  readonly panels?: boolean;
  readonly batch?: number;
  readonly strideA?: number;
  readonly strideB?: number;
  readonly strideC?: number;
  /** C = C + op(A) op(B). */
  readonly accumulate?: boolean;
  /** As in `CallOptions`. */
  readonly owner?: number;
  readonly independent?: boolean;
  /** Scratch for packing, where several products follow each other: `productScratch`. */
  readonly packing?: () => Address;
}

/**
 * Below this many multiply-adds, or with fewer than 8 rows or columns, WebAssembly is as fast as a BLAS: packing and the call itself
 * weigh more than the wider vectors bring.
 */
export const wideWork = 500_000;

/** The same of machine code, whose call costs a quarter of a microsecond, for all products of a batch; it packs nothing so small. */
const machineCodeWork = 10_000;

/** Calls of at least this much work are dealt out to all threads (the planner's bound, rounded up). */
const dealtOut = 16_000;

/** Scratch of our own kernel, asked for once and only if a product does not go to `gemm`. */
export function productScratch(context: LoweringContext): () => Address {
  let scratch: Address | null = null;
  return () => (scratch ??= context.scratch(scratchBytes.matmul * context.threads));
}

/** Whether a BLAS is there, and one matrix of a product enough for it. */
export function suitsBlas({ blas }: Pick<LoweringContext, "blas">, { m, n, k }: Pick<Product, "m" | "n" | "k">): boolean {
  return blas && m >= 8 && n >= 8 && m * n * k >= wideWork;
}

/** Whether a product is enough for wider vectors. */
function suitsWide(context: LoweringContext, { m, n, k, batch = 1 }: Pick<Product, "m" | "n" | "k" | "batch">): boolean {
  return suitsBlas(context, { m, n, k }) || (context.machineCode && batch * m * n * k >= machineCodeWork);
}

/** Bytes of weights that the threads' caches hold from one step to the next. */
const leastHeld = 64 * 1024;
const mostHeld = 4 * 2 ** 20;

/**
 * A product with weights, each thread taking rows of them: those whose gradient it makes and which it changes itself, so that they need
 * not move from one processor's cache to another's, which is slow where these are apart. What the threads get adds up.
 * @returns false, and nothing is emitted, where the weights are few beside the result, or too many for the caches.
 */
export function emitByDepth(
  context: LoweringContext,
  { a, b, c, m, n, k }: Pick<Product, "a" | "b" | "c" | "m" | "n" | "k">,
  { bias, residual, activation }: Epilogue,
): boolean {
  const { threads } = context;
  const bytes = k * n * 4;
  if (threads === 1 || residual !== null || k < 4 * m * (threads - 1) || bytes < leastHeld || bytes > mostHeld) return false;
  const others = context.scratch((threads - 1) * m * n * 4);
  const packing = productScratch(context);
  for (let owner = 0; owner < threads; owner++) {
    const [first, end] = [owner, owner + 1].map((part) => Math.floor((part * k) / threads)) as [number, number];
    const to = owner === 0 ? c : others.plus((owner - 1) * m * n * 4);
    const part = { a: a.plus(first * 4), b: b.plus(first * n * 4), c: to, m, n, k: end - first, lda: k };
    emitProduct(context, { ...part, packing, owner, independent: owner > 0 });
  }
  for (let other = 1; other < threads; other++) {
    const last = other === threads - 1;
    const from = others.plus((other - 1) * m * n * 4);
    context.emit("finishProduct", [c, (last ? bias : null) ?? absent, from, activationCodes[last ? activation : "none"], m, n], {
      work: m * n,
      independent: other > 1,
    });
  }
  return true;
}

export function emitProduct(context: LoweringContext, product: Product, epilogue: Epilogue = plain): void {
  const {
    a,
    b,
    c,
    m,
    n,
    k,
    transposeA = false,
    transposeB = false,
    lda = transposeA ? m : k,
    ldb = transposeB ? k : n,
    ldc = n,
    batch = 1,
    strideA = m * k,
    strideB = k * n,
    strideC = m * n,
    accumulate = false,
    panels = false,
    packing = productScratch(context),
    owner,
    independent = false,
  } = product;
  const options = { independent, ...(owner !== undefined && { owner }) };
  const work = batch * m * n * k;
  if (m * n * batch === 0) return;
  if (!panels && suitsWide(context, product)) {
    const { bias, residual, activation } = epilogue;
    const blas = suitsBlas(context, product);
    const finished = !blas && (activation === "none" || activation === "relu");
    context.gemm({
      a, b, c, m, n, k, transposeA, transposeB, lda, ldb, ldc, batch, strideA, strideB, strideC, beta: accumulate ? 1 : 0, blas, ...options,
      ...(finished ? { bias, residual, relu: activation === "relu" } : {}),
    }); // prettier-ignore
    if (finished) return;
    if (bias !== null || residual !== null || activation !== "none") {
      // A product cut by rows of 16 is finished by whoever made the rows: `finishProduct` cuts many rows in the same way.
      const byRows = batch === 1 && Math.ceil(m / 16) > Math.ceil(n / 16) && m >= 32 * context.threads;
      context.emit("finishProduct", [c, bias ?? absent, residual ?? absent, activationCodes[activation], batch * m, n], {
        work: batch * m * n,
        ...(owner === undefined ? { independent: byRows && m * n >= dealtOut } : { owner, independent: true }),
      });
    }
    return;
  }
  const flags = (accumulate ? 1 : 0) + (transposeA ? 2 : 0) + (transposeB ? 4 : 0) + (panels ? 8 : 0);
  context.emit(
    "matmul",
    [
      a, b, c, m, n, k, lda, ldb, ldc, flags, activationCodes[epilogue.activation],
      epilogue.bias ?? absent, epilogue.residual ?? absent, batch, strideA, strideB, strideC, packing().plus((owner ?? 0) * scratchBytes.matmul),
    ],
    { work, ...options },
  ); // prettier-ignore
}
