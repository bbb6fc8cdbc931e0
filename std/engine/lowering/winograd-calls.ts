import type { TransformKind } from "../native/transforms.js";
import { absent } from "./arguments.js";
import type { Address, CallOptions, LoweringContext } from "./contract.js";
import { activationCodes, emitProduct, productScratch, type Epilogue, type Product } from "./product.js";
import { scratchBytes } from "./scratch.js";
import type { Tiles } from "./winograd.js";

/** Images, or rows of tiles of one, as the transforms read or write them. */
export interface Piece {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly tilesHeight: number;
  readonly tilesWidth: number;
}

export interface Planes {
  readonly planes: Address;
  /** Numbers from one plane to the next. */
  readonly plane: number;
}

/** Some rows of the kernels' channels x filters, `lead` numbers from one tap to the next. */
export interface Kernels extends Planes {
  readonly weights: Address;
  readonly elements: number;
  readonly lead: number;
}

/** Steps of a transform per channel of a tile: 12 passes of some 10 instructions on four channels. */
export const transformWork = 40;
const kernelWork = 40;

/** As many steps of machine code take as long as one of WebAssembly. */
const nativeSteps = 5;

/** Winograd's transforms, and the products between them: by machine code where there is some, else by the kernels of `assembly/convolution/winograd.ts`. */
export class WinogradCalls {
  #scratch: Address | null = null;
  readonly #packing: () => Address;

  /** @param channels the most of any image */
  constructor(
    readonly context: LoweringContext,
    readonly tiles: Pick<Tiles, "side" | "kernel" | "places" | "result">,
    readonly channels: number,
  ) {
    this.#packing = productScratch(context);
  }

  #transform(kind: TransformKind, args: readonly (number | Address)[], count: number, { work = 0, ...options }: CallOptions): void {
    const { side, kernel } = this.tiles;
    this.context.native({ kind, side, kernel }, args, { ...options, count, work: work / nativeSteps });
  }

  #ownScratch({ owner = 0 }: CallOptions): Address {
    const bytes = scratchBytes.winograd(this.channels);
    this.#scratch ??= this.context.scratch(bytes * this.context.threads);
    return this.#scratch.plus(owner * bytes);
  }

  /** The windows of a tile's side that begin every tile of results from (-pad) on. */
  image(image: Address, { planes, plane }: Planes, piece: Piece, pad: readonly [number, number], options: CallOptions = {}): void {
    const { side, result } = this.tiles;
    const { batch, height, width, channels, tilesHeight, tilesWidth } = piece;
    const count = batch * tilesHeight * tilesWidth;
    const all = { work: transformWork * count * channels, ...options };
    if (this.context.machineCode)
      this.#transform("winogradImage", [image, planes, 4 * plane, height, width, 4 * channels, tilesHeight, tilesWidth, result, ...pad], count, all);
    else
      this.context.emit(
        "winogradImage",
        [image, planes, plane, batch, height, width, channels, tilesHeight, tilesWidth, result, ...pad, side, this.#ownScratch(options)],
        all,
      );
  } // prettier-ignore

  /** The tiles of a result's gradient. */
  gradient(gradient: Address, { planes, plane }: Planes, piece: Piece, options: CallOptions = {}): void {
    const { side, result } = this.tiles;
    const { batch, height, width, channels, tilesHeight, tilesWidth } = piece;
    const count = batch * tilesHeight * tilesWidth;
    const all = { work: transformWork * count * channels, ...options };
    if (this.context.machineCode)
      this.#transform("winogradGradient", [gradient, planes, 4 * plane, height, width, 4 * channels, tilesHeight, tilesWidth, result, 0, 0], count, all);
    else
      this.context.emit(
        "winogradGradient",
        [gradient, planes, plane, batch, height, width, channels, tilesHeight, tilesWidth, result, side, this.#ownScratch(options)],
        all,
      );
  } // prettier-ignore

  result({ planes, plane }: Planes, result: Address, { bias, residual, activation }: Epilogue, piece: Piece, options: CallOptions = {}): void {
    const { side, result: m } = this.tiles;
    const { batch, height, width, channels, tilesHeight, tilesWidth } = piece;
    const count = batch * tilesHeight * tilesWidth;
    const all = { work: transformWork * count * channels, ...options };
    const epilogue = [bias ?? absent, residual ?? absent, activationCodes[activation]];
    if (this.context.machineCode && (activation === "none" || activation === "relu"))
      this.#transform("winogradResult", [planes, 4 * plane, result, ...epilogue, height, width, 4 * channels, tilesHeight, tilesWidth], count, all);
    else
      this.context.emit(
        "winogradResult",
        [planes, plane, result, ...epilogue, batch, height, width, channels, tilesHeight, tilesWidth, m, side, this.#ownScratch(options)],
        all,
      );
  } // prettier-ignore

  kernels({ weights, planes, plane, elements, lead }: Kernels, turned: boolean): void {
    const { side, kernel } = this.tiles;
    const options = { work: kernelWork * elements };
    if (this.context.machineCode) {
      const step = 4 * (turned ? -lead : lead);
      const corner = turned ? weights.plus(4 * (kernel * kernel - 1) * lead) : weights;
      this.#transform("winogradKernel", [corner, planes, 4 * plane, kernel * step, step], elements, options);
    } else {
      const args = [weights, planes, plane, kernel, elements, lead, turned ? 1 : 0, side, this.#kernelScratch()];
      this.context.emit("winogradKernel", args, options);
    }
  }

  /** Makes the kernels' gradient of the sum of as many planes, `partBytes` apart. */
  kernelGradient({ weights, planes, plane, elements, lead }: Kernels, parts: number, partBytes: number): void {
    const { side, kernel } = this.tiles;
    const options = { work: kernelWork * elements };
    if (this.context.machineCode) this.#transform("winogradKernelGradient", [planes, 4 * plane, parts, partBytes, weights, 4 * lead], elements, options);
    else
      this.context.emit(
        "winogradKernelGradient",
        [planes, plane, parts, partBytes, weights, kernel, elements, lead, side, this.#kernelScratch()],
        options,
      );
  } // prettier-ignore

  #kernelScratch(): Address {
    return this.context.scratch(scratchBytes.winogradKernel * this.context.threads);
  }

  /** A product of each place's planes. */
  products(product: Omit<Product, "batch" | "packing">): void {
    const { places } = this.tiles;
    if (this.context.machineCode) {
      const { accumulate = false, ...gemm } = product;
      this.context.gemm({ ...gemm, batch: places, beta: accumulate ? 1 : 0 });
    } else emitProduct(this.context, { ...product, batch: places, packing: this.#packing });
  }
}
