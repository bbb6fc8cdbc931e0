import type { Tensor } from "../../tensor/tensor.js";
import type { Address, CallOptions, Gemm, LoweringContext, NativeOptions } from "../lowering/contract.js";
import type { Routine } from "../native/routines.js";
import type { Operand, Product } from "../threads/protocol.js";
import { PlanAddress, Storage } from "./storage.js";

/** A call as a lowering asked for it. */
export interface RecordedCall {
  readonly target:
    | { readonly kind: "kernel"; readonly name: string }
    | { readonly kind: "fused" }
    | { readonly kind: "host"; readonly index: number }
    | RecordedProduct
    | { readonly kind: "native"; readonly routine: Routine; readonly count: number };
  readonly args: readonly (number | PlanAddress)[];
  readonly work: number;
  /** The thread that does all of it, or null. */
  readonly owner: number | null;
  readonly independent: boolean;
}

/** A product without its places, and these. */
export type ProductShape = Omit<Product, "a" | "b" | "c" | "relativeA" | "relativeB" | "relativeC" | "bias" | "residual" | "others">;
export interface ProductAddresses {
  readonly a: PlanAddress;
  readonly b: PlanAddress;
  readonly c: PlanAddress;
  readonly bias: PlanAddress | null;
  readonly residual: PlanAddress | null;
  /** Where the sums of other parts go. */
  readonly others: PlanAddress | null;
}

export interface RecordedProduct {
  readonly kind: "product";
  readonly product: ProductShape;
  readonly addresses: ProductAddresses;
}

/** A product with its places, which are known when all storages are laid out. */
export function placed({ product, addresses: { a, b, c, bias, residual, others } }: RecordedProduct): Product {
  const operand = (address: PlanAddress | null): Operand | null =>
    address === null ? null : { address: address.value, relative: !address.storage.fixed };
  return {
    ...product,
    a: a.value,
    b: b.value,
    c: c.value,
    relativeA: !a.storage.fixed,
    relativeB: !b.storage.fixed,
    relativeC: !c.storage.fixed,
    bias: operand(bias),
    residual: operand(residual),
    others: operand(others),
  };
}

/** A call whose lowering does not say how much work it is. */
const unknownWork = 1_000_000;

/** Takes down what a unit's lowering emits. */
export class CallRecorder implements LoweringContext {
  readonly calls: RecordedCall[] = [];
  readonly scratches: Storage[] = [];

  constructor(
    readonly threads: number,
    readonly blas: boolean,
    readonly machineCode: boolean,
    readonly position: number,
    readonly addressOf: (tensor: Tensor) => PlanAddress,
    readonly keep: (storage: Storage) => void,
  ) {}

  get wide(): boolean {
    return this.blas || this.machineCode;
  }

  buffer(tensor: Tensor): Address {
    return this.addressOf(tensor);
  }

  scratch(bytes: number): Address {
    const storage = new Storage(bytes);
    storage.use(this.position);
    this.scratches.push(storage);
    this.keep(storage);
    return new PlanAddress(storage);
  }

  constant(tensor: Tensor): Tensor | null {
    return tensor.node?.constant ?? null;
  }

  emit(kernel: string, args: readonly (number | Address)[], options: CallOptions = {}): void {
    this.calls.push({
      target: { kind: "kernel", name: kernel },
      args: args as readonly (number | PlanAddress)[],
      work: options.work ?? unknownWork,
      owner: options.owner ?? null,
      independent: options.independent ?? false,
    });
  }

  native(routine: Routine, args: readonly (number | Address)[], options: NativeOptions): void {
    this.calls.push({
      target: { kind: "native", routine, count: options.count },
      args: args as readonly (number | PlanAddress)[],
      work: options.work ?? unknownWork,
      owner: options.owner ?? null,
      independent: options.independent ?? false,
    });
  }

  fused(args: readonly PlanAddress[], work: number): void {
    this.calls.push({ target: { kind: "fused" }, args, work, owner: null, independent: false });
  }

  host(index: number): void {
    this.calls.push({ target: { kind: "host", index }, args: [], work: unknownWork, owner: 0, independent: false });
  }

  gemm(gemm: Gemm): void {
    const { m, n, k, transposeA = false, transposeB = false, batch = 1 } = gemm;
    const tiles = (extent: number): number => Math.ceil(extent / 16);
    // Cut what leaves the parts most alike: whole matrices, else the side with more tiles.
    const { outer = null } = gemm;
    const split =
      outer !== null || batch >= 4 * this.threads || (batch > 1 && batch % this.threads === 0) ? "batch" : tiles(n) >= tiles(m) ? "n" : "m";
    const product = {
      transposeA, transposeB, m, n, k, batch, split,
      lda: gemm.lda ?? (transposeA ? m : k), ldb: gemm.ldb ?? (transposeB ? k : n), ldc: gemm.ldc ?? n,
      beta: gemm.beta ?? 0,
      strideA: gemm.strideA ?? m * k, strideB: gemm.strideB ?? k * n, strideC: gemm.strideC ?? m * n,
      relu: gemm.relu ?? false, windows: gemm.windows ?? null, outer, blas: !this.machineCode || (gemm.blas ?? false),
    } as const; // prettier-ignore
    const { windows } = product;
    const each = m * n * k * batch * (outer?.count ?? 1) * (windows === null ? 1 : windows.images * windows.rows * windows.taps);
    const place = (address: Address | null | undefined): PlanAddress | null => (address ?? null) as PlanAddress | null;
    this.calls.push({
      target: {
        kind: "product",
        product,
        addresses: {
          a: gemm.a as PlanAddress,
          b: gemm.b as PlanAddress,
          c: gemm.c as PlanAddress,
          bias: place(gemm.bias),
          residual: place(gemm.residual),
          others: place(gemm.others),
        },
      },
      args: [],
      // Wide vectors do about three multiply-adds where WebAssembly does one.
      work: each / 3 + 2000,
      owner: gemm.owner ?? null,
      independent: gemm.independent ?? false,
    });
  }
}
