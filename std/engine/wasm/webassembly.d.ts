/**
 * The part of WebAssembly's JavaScript API that the engine uses. TypeScript declares it only together with the whole
 * browser ("dom"), whose globals (`name`, `status`, `event`) would hide mistakes in code that runs in Node.
 */
declare namespace WebAssembly {
  type ImportValue = Memory | ((...values: number[]) => number | void) | number;
  type Imports = Record<string, Record<string, ImportValue>>;

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    grow(pages: number): number;
  }

  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    readonly exports: Record<string, any>;
  }

  function validate(bytes: Uint8Array): boolean;
}
