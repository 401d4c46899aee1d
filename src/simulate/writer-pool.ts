/**
 * Turns records into text on several threads, in order.
 *
 * A batch's text depends on its records alone, so it does not matter who writes it. The calling
 * thread writes too, when the others have enough to do.
 */
import { Worker } from 'node:worker_threads';
import { createLineWriter, type LineWriter, MAX_LINE_BYTES } from './line-writer.ts';
import type { ShopProfile } from './profile.ts';
import { allocateRecords, type Records } from './records.ts';
import type { Shop } from './shop.ts';

/** All a thread must know to write the same lines. */
export interface WriterSettings {
  profile: ShopProfile;
  seed: number;
  rates: { extraFields: number; spellings: number };
}

/** Records, and room for their lines. */
export interface Batch {
  records: Records;
  out: Uint8Array;
}

export interface WriterTask extends Batch {
  id: number;
}

/** The batch of the task comes back. */
export interface WriterAnswer extends WriterTask {
  sizeBytes: number;
}

export interface WriterPool {
  /** Records that may be written at once; also the room that every batch must fit in. */
  readonly batchRecords: number;
  /** How many batches it takes to keep all threads busy; more only take memory. */
  readonly batchesUnderWay: number;
  /** An empty batch. */
  take(): Batch;
  /**
   * The batch's records as lines. The batch must not be touched any more; `done` says when the bytes
   * have been used. Batches are ready in any order.
   */
  write(batch: Batch): Promise<{ lines: Uint8Array; done(): void }>;
  close(): Promise<void>;
}

const BATCH_RECORDS = 4_096;
/** Batches waiting at each worker; enough that it is never idle. */
const BATCHES_AHEAD = 8;

/** `threads`: the calling one included. */
export function openWriterPool(shop: Shop, settings: WriterSettings, threads: number): WriterPool {
  const own = createLineWriter(shop, settings.seed, settings.rates);
  const url = findWorker();
  const workers =
    url === undefined ? [] : Array.from({ length: threads - 1 }, () => startWorker(url, settings));
  // Batches are used again: what is left to the collector is work for it.
  const spare: Batch[] = [];
  return {
    batchRecords: BATCH_RECORDS,
    batchesUnderWay: workers.length * (BATCHES_AHEAD + 4),
    take: () =>
      spare.pop() ?? {
        records: allocateRecords(BATCH_RECORDS),
        out: new Uint8Array(BATCH_RECORDS * MAX_LINE_BYTES),
      },
    async write(batch) {
      if (workers.length > 0) {
        await hearAnswers();
      }
      const idlest = workers.reduce<WorkerSeat | undefined>(
        (best, seat) => (best === undefined || seat.waiting() < best.waiting() ? seat : best),
        undefined,
      );
      const answer =
        idlest !== undefined && idlest.waiting() < BATCHES_AHEAD
          ? await idlest.write(batch)
          : writeHere(own, batch);
      const { records, out, sizeBytes } = answer;
      return { lines: out.subarray(0, sizeBytes), done: () => void spare.push({ records, out }) };
    },
    async close() {
      await Promise.all(workers.map((seat) => seat.close()));
    },
  };
}

/** Lets the workers' answers in, which wait while this thread is busy. */
function hearAnswers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function writeHere(writer: LineWriter, { records, out }: Batch): WriterAnswer {
  return { id: 0, records, out, sizeBytes: writer.write(records, out) };
}

interface WorkerSeat {
  waiting(): number;
  write(batch: Batch): Promise<WriterAnswer>;
  close(): Promise<void>;
}

function startWorker(url: URL, settings: WriterSettings): WorkerSeat {
  const open = new Map<
    number,
    { resolve(answer: WriterAnswer): void; reject(error: unknown): void }
  >();
  const worker = new Worker(url, { workerData: settings });
  let nextId = 0;
  let failure: unknown;
  worker.on('message', (answer: WriterAnswer) => {
    // Answers that were on their way when the worker failed have nobody waiting any more.
    open.get(answer.id)?.resolve(answer);
    open.delete(answer.id);
  });
  const fail = (error: unknown): void => {
    failure ??= error;
    for (const { reject } of open.values()) {
      reject(failure);
    }
    open.clear();
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`a thread of the simulator ended with code ${code}`)));
  return {
    waiting: () => open.size,
    write: (batch) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const task: WriterTask = { id: nextId++, ...batch };
        open.set(task.id, { resolve, reject });
        worker.postMessage(task, buffersOf(batch));
      }),
    async close() {
      await worker.terminate();
    },
  };
}

/** What changes hands between threads with a batch, instead of being copied. */
export function buffersOf({ records, out }: Batch): ArrayBuffer[] {
  return [records.ints, records.shownUs, out].map(({ buffer }) => buffer as ArrayBuffer);
}

/**
 * The compiled worker. Run from its sources there is none that a thread can load; one thread then
 * does all the work, and the bytes are the same.
 */
function findWorker(): URL | undefined {
  const isCompiled = import.meta.url.endsWith('.js');
  return isCompiled ? new URL('./writer-worker.js', import.meta.url) : undefined;
}
