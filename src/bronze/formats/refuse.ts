import { ClicklakeError } from '../../errors.ts';

/**
 * The error for a file that does not match its format. `what` continues a sentence that begins with
 * its name.
 */
export function refused(name: string, what: string, cause?: unknown): ClicklakeError {
  return new ClicklakeError('input_refused', `${name} ${what}`, {
    hint: 'get the file again from its sender; nothing of it was ingested',
    ...(cause === undefined ? {} : { cause }),
  });
}
