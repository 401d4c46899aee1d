/**
 * Memory for blocks that is used again. New memory for each block would keep Node's collector running:
 * it counts these bytes as its own.
 */
export interface BlockBuffers {
  /**
   * Does `work` with so many bytes of any content. When it succeeds nobody may use them any more, when
   * it fails a request that was given up may still hold them.
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
        // When nothing is moved, others may need the memory.
        if (usedCount === 0) {
          spare.length = 0;
        }
      }
    },
  };
}
