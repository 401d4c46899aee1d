/** A queue that runs one job at a time, shares equal jobs, and drops jobs that nobody waits for. */

/**
 * The result of `work`. Who asks the same question while it waits or is worked on gets the same result.
 * When `asker` is aborted the promise rejects at once with its reason; when everybody who asked is gone,
 * waiting work is dropped, and running work is told by its own signal.
 */
export type Ask<Result> = (
  question: string,
  asker: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>;

export interface WorkQueue {
  /** A kind of questions; all kinds wait in one line, in the order of asking. */
  questions<Result>(): Ask<Result>;
  /** Drops what waits, and comes back when nothing runs any more. Later questions are refused. */
  close(): Promise<void>;
}

interface Job<Result> {
  readonly control: AbortController;
  readonly result: Promise<Result>;
  askers: number;
}

export function openWorkQueue(): WorkQueue {
  const controls = new Set<AbortController>();
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();

  const enqueue = <Result>(work: (signal: AbortSignal) => Promise<Result>): Job<Result> => {
    const control = new AbortController();
    if (isClosed) {
      control.abort();
    }
    controls.add(control);
    const result = last.then(async () => {
      control.signal.throwIfAborted();
      return await work(control.signal);
    });
    const end = (): void => void controls.delete(control);
    // A failure is met by those who asked; where all have gone, by nobody.
    last = result.then(end, end);
    return { control, result, askers: 0 };
  };

  return {
    questions<Result>(): Ask<Result> {
      const jobs = new Map<string, Job<Result>>();
      return async (question, asker, work) => {
        asker.throwIfAborted();
        const job = jobs.get(question) ?? enqueue(work);
        jobs.set(question, job);
        job.askers += 1;
        try {
          return await untilAborted(job.result, asker);
        } finally {
          job.askers -= 1;
          if (job.askers === 0) {
            job.control.abort();
            // Another job may have taken its place already.
            if (jobs.get(question) === job) {
              jobs.delete(question);
            }
          }
        }
      };
    },
    async close() {
      isClosed = true;
      for (const control of controls) {
        control.abort();
      }
      await last;
    },
  };
}

/** The result, or at once the signal's reason when it is aborted. */
export function untilAborted<Result>(
  result: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  return new Promise((done, fail) => {
    if (signal.aborted) {
      fail(signal.reason);
    }
    const leave = (): void => fail(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    result.then(done, fail).finally(() => signal.removeEventListener('abort', leave));
  });
}
