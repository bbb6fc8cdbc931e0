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
  /** B lies in panels of 8 columns, as our own kernel reads it: not for a BLAS. */
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
 * Below this many multiply-adds, or with fewer than 8 rows or columns, our own kernel is as fast as a BLAS: packing and the
 * call itself weigh more than the wider vectors bring.
 */
export const blasWork = 500_000;

/** Calls of at least this much work are dealt out to all threads (the planner's bound, rounded up). */
const dealtOut = 16_000;

/** Scratch of our own kernel, asked for once and only if a product does not go to a BLAS. */
export function productScratch(context: LoweringContext): () => Address {
  let scratch: Address | null = null;
  return () => (scratch ??= context.scratch(scratchBytes.matmul * context.threads));
}

/** Whether one matrix of a product is enough for a BLAS. */
export function suitsBlas(context: LoweringContext, { m, n, k }: Pick<Product, "m" | "n" | "k">): boolean {
  return context.blas && m >= 8 && n >= 8 && m * n * k >= blasWork;
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
  if (!panels && suitsBlas(context, product)) {
    context.gemm({
      a, b, c, m, n, k, transposeA, transposeB, lda, ldb, ldc, batch, strideA, strideB, strideC, beta: accumulate ? 1 : 0, ...options,
    }); // prettier-ignore
    const { bias, residual, activation } = epilogue;
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
