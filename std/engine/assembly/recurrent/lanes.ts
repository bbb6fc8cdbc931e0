/** 1 - v. */
// @ts-ignore: decorator
@inline
export function complement(v: v128): v128 {
  return f32x4.sub(f32x4.splat(1), v);
}
