/** What an array holds; the numbers are those of `lowering`. */
export namespace Element {
  export const single: i32 = 0;
  export const integer: i32 = 1;
  /** u8 and bool */
  export const byte: i32 = 2;
}

/** An element as f64, which holds all of them exactly. */
// @ts-ignore: decorator
@inline
export function read(x: usize, at: i32, kind: i32): f64 {
  if (kind == Element.single) return <f64>load<f32>(x + (<usize>at << 2));
  if (kind == Element.integer) return <f64>load<i32>(x + (<usize>at << 2));
  return <f64>load<u8>(x + <usize>at);
}

/** Stores a number as JavaScript does in an array of that kind: rounded, or cut to a whole number that wraps around. */
// @ts-ignore: decorator
@inline
export function write(y: usize, at: i32, value: f64, kind: i32): void {
  if (kind == Element.single) store<f32>(y + (<usize>at << 2), <f32>value);
  else if (kind == Element.integer) store<i32>(y + (<usize>at << 2), wrap(value));
  else store<u8>(y + <usize>at, <u8>wrap(value));
}

/** The whole part modulo 2^32; 0 for what is not finite. */
function wrap(value: f64): i32 {
  const whole = trunc(value);
  const rest = whole - floor(whole * (1.0 / 4294967296.0)) * 4294967296.0; // every step is exact
  return rest >= 0 ? <i32>(<u32>rest) : 0;
}
