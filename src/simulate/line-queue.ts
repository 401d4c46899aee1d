/** From records to files: sorts what arrives, cuts it by file, has it written and appends it. */
import type { FilePeriods } from './landing.ts';
import { type Arrivals, gatherRecords } from './records.ts';
import { orderByArrival } from './waiting-room.ts';
import type { WriterPool } from './writer-pool.ts';

export interface LineQueue {
  /** Takes the records of one period, which must follow the period before. */
  add(arrivals: Arrivals, fromMs: number): Promise<number>;
  /** Waits until everything has been appended. */
  finish(): Promise<void>;
}

/** `append` is called with whole lines, in the order of arrival, one call after the other. */
export function queueLines(
  pool: WriterPool,
  periods: Pick<FilePeriods, 'indexAt'>,
  append: (file: number, lines: Uint8Array) => Promise<void>,
): LineQueue {
  const underWay: { file: number; written: ReturnType<WriterPool['write']> }[] = [];
  const appendFirst = async (): Promise<void> => {
    const { file, written } = underWay.shift()!;
    const { lines, done } = await written;
    await append(file, lines);
    done();
  };
  return {
    async add(arrivals, fromMs) {
      const order = orderByArrival(arrivals, fromMs);
      const fileOf = (position: number) => periods.indexAt(arrivals.arrivalMs[order[position]!]!);
      for (let from = 0; from < order.length; ) {
        const file = fileOf(from);
        let to = Math.min(from + pool.batchRecords, order.length);
        if (fileOf(to - 1) !== file) {
          to = from + 1;
          while (fileOf(to) === file) {
            to++;
          }
        }
        const batch = pool.take();
        gatherRecords(arrivals, order, from, to - from, batch.records);
        const written = pool.write(batch);
        // A failure is reported when this promise is awaited in order.
        written.catch(() => {});
        underWay.push({ file, written });
        from = to;
        while (underWay.length > pool.batchesUnderWay) {
          await appendFirst();
        }
      }
      return order.length;
    },
    async finish() {
      while (underWay.length > 0) {
        await appendFirst();
      }
    },
  };
}
