/**
 * Random numbers for first weights: Philox 4x32-10 (Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC 2011),
 * counted up from 0 under a key. Each number is a function of key and place alone: the same on every machine.
 * @returns `count` numbers in [0, 1), multiples of 2^-32.
 */
export function uniformNumbers(key: readonly [number, number], count: number): Float64Array {
  const numbers = new Float64Array(count);
  for (let at = 0, counter = 0; at < count; at += 4, counter++) {
    let a = counter | 0;
    let b = Math.floor(counter / 4294967296);
    let c = 0;
    let d = 0;
    let keyLow = key[0] | 0;
    let keyHigh = key[1] | 0;
    for (let round = 0; round < 10; round++) {
      const highA = multiplyHigh(0xd251, 0x1f53, a);
      const highC = multiplyHigh(0xcd9e, 0x8d57, c);
      const lowA = Math.imul(0xd2511f53, a);
      const lowC = Math.imul(0xcd9e8d57, c);
      a = highC ^ b ^ keyLow;
      b = lowC;
      c = highA ^ d ^ keyHigh;
      d = lowA;
      keyLow = (keyLow + 0x9e3779b9) | 0;
      keyHigh = (keyHigh + 0xbb67ae85) | 0;
    }
    // Writes past the end of a typed array are ignored.
    numbers[at] = (a >>> 0) / 4294967296;
    numbers[at + 1] = (b >>> 0) / 4294967296;
    numbers[at + 2] = (c >>> 0) / 4294967296;
    numbers[at + 3] = (d >>> 0) / 4294967296;
  }
  return numbers;
}

/** The high 32 bits of a product of two unsigned 32-bit numbers, the first given as its two halves. */
function multiplyHigh(high: number, low: number, other: number): number {
  const otherHigh = other >>> 16;
  const otherLow = other & 0xffff;
  // Each partial product stays below 2^32, each sum of two below 2^33: doubles hold them, `>>> 0` does not.
  const middle = Math.imul(high, otherLow) >>> 0;
  const carry = Math.imul(low, otherLow) >>> 16;
  const sum = (Math.imul(low, otherHigh) >>> 0) + ((middle & 0xffff) + carry);
  return (Math.imul(high, otherHigh) + (middle >>> 16) + Math.floor(sum / 65536)) | 0;
}
