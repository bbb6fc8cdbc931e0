const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

interface Segment {
  readonly column: number;
  readonly sourceLine: number;
  readonly sourceColumn: number;
}

/** Positions of generated code in its one source. Lines and columns count from 0. */
export class SourceMap {
  readonly #lines: Segment[][];

  /** `mappings` as in a version 3 source map. */
  constructor(mappings: string) {
    let sourceLine = 0;
    let sourceColumn = 0;
    this.#lines = mappings.split(";").map((line) => {
      let column = 0;
      const segments: Segment[] = [];
      for (const text of line.split(",")) {
        // The second field is the source's number: there is only one.
        const [columns, , lines, sourceColumns] = decodeNumbers(text);
        if (columns === undefined || lines === undefined || sourceColumns === undefined) continue;
        column += columns;
        sourceLine += lines;
        sourceColumn += sourceColumns;
        segments.push({ column, sourceLine, sourceColumn });
      }
      return segments;
    });
  }

  /** The source position of the last mapping at or before a generated position; undefined for code nobody wrote. */
  locate(line: number, column: number): { line: number; column: number } | undefined {
    const segments = this.#lines[line];
    if (segments === undefined) return undefined;
    let found: Segment | undefined;
    for (const segment of segments) {
      if (segment.column > column) break;
      found = segment;
    }
    return found && { line: found.sourceLine, column: found.sourceColumn };
  }
}

/** Base64 variable-length quantities: 5 bits a digit, the lowest bit of a number is its sign. */
function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = digits.indexOf(character);
    value += (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) === 0) {
      numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
      value = 0;
      shift = 0;
    }
  }
  return numbers;
}
