// JavaScript garbage of another process, from what V8 itself prints at every collection: the bytes allocated since the
// last one, in every isolate of the process (main thread and workers).

/** A small young generation makes collections frequent: what is allocated behind the last one is not seen. */
export const TRACE_FLAGS: readonly string[] = ['--trace-gc-nvp', '--max-semi-space-size=1'];

/** Bytes allocated up to the last collection seen in this output. */
export function allocatedBytes(output: string): number {
  let bytes = 0;
  for (const match of output.matchAll(/ allocated=(\d+)/g)) bytes += Number(match[1]);
  return bytes;
}
