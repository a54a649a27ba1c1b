// The part of the WebAssembly JavaScript API that Gavel uses. Node's own types leave it to the browser's library, which
// would bring a whole page's worth of globals into a server.
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: boolean });
    readonly buffer: SharedArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: string }[];
    static exports(module: Module): { name: string; kind: string }[];
  }
  class Instance {
    constructor(module: Module, imports?: { env: { memory: Memory } });
    readonly exports: Record<string, unknown>;
  }
  class RuntimeError extends Error {}
}
