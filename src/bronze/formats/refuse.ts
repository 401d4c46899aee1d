import { ClicklakeError } from '../../errors.ts';

/** The error for a file that is not what its format says. `what` follows its name in a sentence. */
export function refused(name: string, what: string, cause?: unknown): ClicklakeError {
  return new ClicklakeError('input_refused', `${name} ${what}`, {
    hint: 'get the file again from its sender; nothing of it was taken',
    ...(cause === undefined ? {} : { cause }),
  });
}
