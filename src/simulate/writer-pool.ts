/**
 * Turns records into text on several threads, in order.
 *
 * A batch's text depends on its records alone, so it does not matter who writes it. The calling
 * thread writes too, when the others have enough to do.
 */
import { Worker } from 'node:worker_threads';
import { createLineWriter, type LineWriter, MAX_LINE_BYTES } from './line-writer.ts';
import type { ShopProfile } from './profile.ts';
import type { Records } from './records.ts';
import type { Shop } from './shop.ts';

/** All a thread must know to write the same lines. */
export interface WriterSettings {
  profile: ShopProfile;
  seed: number;
  rates: { extraFields: number; spellings: number };
}

export interface WriterTask {
  id: number;
  count: number;
  ints: Int32Array;
  shownUs: Float64Array;
  /** Where to write; comes back with the lines. */
  out: Uint8Array;
}

export interface WriterAnswer {
  id: number;
  out: Uint8Array;
  sizeBytes: number;
}

export interface WriterPool {
  /** Records that may be written at once; also the room that every batch must fit in. */
  readonly batchRecords: number;
  /** How many batches it takes to keep all threads busy; more only take memory. */
  readonly batchesUnderWay: number;
  /**
   * The records as lines. `records` must not be touched any more, `done` says when the bytes have
   * been used. Batches are ready in any order.
   */
  write(records: Records): Promise<{ lines: Uint8Array; done(): void }>;
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
  const spare: Uint8Array[] = [];
  const takeBuffer = () => spare.pop() ?? new Uint8Array(BATCH_RECORDS * MAX_LINE_BYTES);
  return {
    batchRecords: BATCH_RECORDS,
    batchesUnderWay: workers.length * (BATCHES_AHEAD + 4),
    async write(records) {
      if (workers.length > 0) {
        await hearAnswers();
      }
      const out = takeBuffer();
      const idlest = workers.reduce<WorkerSeat | undefined>(
        (best, seat) => (best === undefined || seat.waiting() < best.waiting() ? seat : best),
        undefined,
      );
      const answer =
        idlest !== undefined && idlest.waiting() < BATCHES_AHEAD
          ? await idlest.write(records, out)
          : writeHere(own, records, out);
      return {
        lines: answer.out.subarray(0, answer.sizeBytes),
        done: () => void spare.push(answer.out),
      };
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

function writeHere(writer: LineWriter, records: Records, out: Uint8Array): WriterAnswer {
  return { id: 0, out, sizeBytes: writer.write(records, out) };
}

interface WorkerSeat {
  waiting(): number;
  write(records: Records, out: Uint8Array): Promise<WriterAnswer>;
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
    open.get(answer.id)!.resolve(answer);
    open.delete(answer.id);
  });
  worker.on('error', (error) => {
    failure = error;
    for (const { reject } of open.values()) {
      reject(error);
    }
    open.clear();
  });
  return {
    waiting: () => open.size,
    write: (records, out) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const { count, ints, shownUs } = records;
        const task: WriterTask = { id: nextId++, count, ints, shownUs, out };
        open.set(task.id, { resolve, reject });
        worker.postMessage(task, [
          ints.buffer as ArrayBuffer,
          shownUs.buffer as ArrayBuffer,
          out.buffer as ArrayBuffer,
        ]);
      }),
    async close() {
      await worker.terminate();
    },
  };
}

/**
 * The compiled worker. Run from its sources there is none that a thread can load; one thread then
 * does all the work, and the bytes are the same.
 */
function findWorker(): URL | undefined {
  const isCompiled = import.meta.url.endsWith('.js');
  return isCompiled ? new URL('./writer-worker.js', import.meta.url) : undefined;
}
