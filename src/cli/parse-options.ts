/** Values of options that are more than text. */
import { ClicklakeError } from '../errors.ts';

/** A parser for commander: digits only, at least 1. */
export function parseWholeNumber(option: string): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < 1 || !Number.isSafeInteger(number)) {
      throw new ClicklakeError('usage', `${option} must be a whole number from 1, not "${value}"`, {
        hint: `for example: ${option} 100`,
      });
    }
    return number;
  };
}
