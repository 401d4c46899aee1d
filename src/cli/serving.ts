/** Shared by the commands that serve until Ctrl-C. */
import { InvalidArgumentError } from 'commander';

/** Parses `--port`; 0 means any free port. */
export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  }
  return port;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    return Promise.resolve();
  }
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}
