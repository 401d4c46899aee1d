/**
 * Reuses memory for blocks. Allocating each block would keep Node's garbage collector busy, because
 * it counts these bytes.
 */
export interface BlockBuffers {
  /**
   * Calls `work` with a buffer of this length and arbitrary content. After success the buffer is
   * reused. After a failure it is not, because an abandoned request may still use it.
   */
  with<T>(length: number, work: (bytes: Buffer) => Promise<T>): Promise<T>;
}

export function openBlockBuffers(blockBytes: number): BlockBuffers {
  const spare: Buffer[] = [];
  let usedCount = 0;
  return {
    async with(length, work) {
      const isWhole = length === blockBytes;
      const bytes = (isWhole ? spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(length);
      usedCount += 1;
      try {
        const result = await work(bytes);
        if (isWhole) {
          spare.push(bytes);
        }
        return result;
      } finally {
        usedCount -= 1;
        // Free the memory when nothing is transferred.
        if (usedCount === 0) {
          spare.length = 0;
        }
      }
    },
  };
}
