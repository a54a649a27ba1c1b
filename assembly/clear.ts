// Clearing memory. A call into memory.fill costs more than the few stores that a record takes.

/** Sets bytes to zero, 16 at a time. */
// @ts-ignore: decorator
@inline
export function clear(at: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(at + i, i64x2.splat(0));
}
