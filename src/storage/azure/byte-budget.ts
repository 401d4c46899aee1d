/** Limits the memory of concurrent transfers, in bytes. Urgent ones come first. */
export interface ByteBudget {
  /**
   * Runs `work` when this many bytes are free. Calls are served in order, those with `isUrgent`
   * first.
   */
  with<T>(bytes: number, isUrgent: () => boolean, work: () => Promise<T>): Promise<T>;
}

/** Smaller transfers count as this many bytes, which limits how many run at a time. */
const LEAST_BYTES = 4 * 1024 * 1024;

export function openByteBudget(totalBytes: number): ByteBudget {
  const waiting: { bytes: number; isUrgent(): boolean; start(): void }[] = [];
  let freeBytes = totalBytes;

  const startNext = (): void => {
    for (;;) {
      const urgent = waiting.findIndex((each) => each.isUrgent());
      const index = Math.max(0, urgent);
      const next = waiting[index];
      if (next === undefined || next.bytes > freeBytes) {
        return;
      }
      waiting.splice(index, 1);
      freeBytes -= next.bytes;
      next.start();
    }
  };

  return {
    async with(wantedBytes, isUrgent, work) {
      const bytes = Math.min(totalBytes, Math.max(LEAST_BYTES, wantedBytes));
      await new Promise<void>((start) => {
        waiting.push({ bytes, isUrgent, start });
        startNext();
      });
      try {
        return await work();
      } finally {
        freeBytes += bytes;
        startNext();
      }
    },
  };
}
