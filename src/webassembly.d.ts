/** What is used of WebAssembly, which TypeScript knows for browsers only. https://webassembly.github.io/spec/js-api/ */
declare namespace WebAssembly {
  /** Compiled code without a memory. */
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB; views of `buffer` end. */
    grow(pages: number): number;
  }
  interface Instance {
    readonly exports: object;
  }
}

declare var WebAssembly: {
  Module: new (bytes: Uint8Array) => WebAssembly.Module;
  Instance: new (
    module: WebAssembly.Module,
    imports: Record<string, Record<string, (...values: number[]) => void>>,
  ) => WebAssembly.Instance;
};
