import { condition, Label, register, type Assembler, type Place, type Register } from "./assembler.js";
import { field, type Tile } from "./product-record.js";

const { rax, rbx, rbp } = register;

/** What lies on the stack, by its distance from rbp. */
export const local = {
  memory: -8, record: -16, count: -24, packedA: -32, packedB: -40, a: -48, b: -56, c: -64, batch: -72, depth: -80,
  rowsLeft: -88, tileA: -96, tileC: -104, longer: -112, rows: -120, fromA: -128, firstB: -136, panel: -144, strideA: -152,
  whole: -160, masked: -168, single: -176, segments: -184, segmentA: -192, segmentsLeft: -200, bias: -208, residual: -216,
  stepA: -224, gapA: -232,
} as const; // prettier-ignore

export const frame = 240;
export const at = (name: keyof typeof local): Place => ({ base: rbp, offset: local[name] });
export const of = (name: keyof typeof field): Place => ({ base: rbx, offset: 4 * field[name] });

/** A tile's columns: two vectors, two with the last under a mask, or one under it. */
export const edges = ["whole", "masked", "single"] as const;
export type Edge = (typeof edges)[number];

/** Mask registers: of the last vector of a tile; of the first and of the second vector that is packed; of a row of A. */
export const masks = { last: 1, first: 2, second: 3, rows: 4 } as const;

/** Vectors of masks, where there are no mask registers. */
export const maskVectors = { last: 15, first: 14, second: 15, rows: 15 } as const;
/** What all parts of the code of products know. */
export class ProductWriter {
  /** Numbers in a vector. */
  readonly width: number;
  readonly panelBytes: number;
  readonly rowBytes: number;
  readonly table = new Label();
  readonly maskTable = new Label();

  constructor(
    readonly code: Assembler,
    readonly tile: Tile,
  ) {
    this.width = tile.vectorBytes / 4;
    this.panelBytes = 2 * tile.vectorBytes;
    this.rowBytes = 4 * tile.rows;
  }
  get wide(): boolean {
    return this.tile.vectorBytes === 64;
  }
  /** Admits the first `count` numbers of a vector (all of them, where it is more; none, where it is less than 1). Uses rax. */
  setMask(which: keyof typeof masks, count: Register): void {
    const { code } = this;
    code.moveNumber(rax, 0);
    code.compareNumber(count, 0);
    code.moveIf(condition.less, count, rax);
    code.moveNumber(rax, this.width);
    code.compare(count, rax);
    code.moveIf(condition.greater, count, rax);
    if (this.wide) {
      code.moveNumber(rax, 0xffff);
      code.lowestBits(rax, rax, count);
      code.setMask(masks[which], rax);
      return;
    }
    code.addressOfLabel(rax, this.maskTable);
    code.subtract(rax, count);
    code.subtract(rax, count);
    code.subtract(rax, count);
    code.subtract(rax, count);
    code.vector("load", maskVectors[which], 0, { base: rax, offset: 32 });
  }

  maskedLoad(vector: number, place: Place, which: keyof typeof masks): void {
    if (this.wide) this.code.vector("load", vector, 0, place, masks[which]);
    else this.code.vector("maskedLoad", vector, maskVectors[which], place);
  }
}

/** Row 0 to 3 from a base, with a row's distance and three times it in registers. */
export function rowOf(base: Register, once: Register, thrice: Register, row: number): Place {
  if (row === 0) return { base };
  return row === 3 ? { base, index: thrice, scale: 1 } : { base, index: once, scale: row as 1 | 2 };
}
