import { ClicklakeError } from '../errors.ts';

/**
 * The error for a log that violates the Delta protocol. `where`: the file and, if known, the line.
 */
export function corrupt(where: string, what: string, cause?: unknown): ClicklakeError {
  return new ClicklakeError('table_corrupt', `damaged Delta log: ${where}: ${what}`, {
    hint: 'restore the file from a backup',
    cause,
  });
}
