/** Parsers for option values. */
import { InvalidArgumentError } from 'commander';
import { isRemoteAddress } from '../config/lake-address.ts';
import { ClicklakeError } from '../errors.ts';

/** A parser for commander that accepts whole numbers from 1. */
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

/** A local folder. Refuses an address, because a folder of that name would be created. */
export function parseFolder(text: string): string {
  if (!isRemoteAddress(text)) {
    return text;
  }
  throw new InvalidArgumentError('It must be a folder on this machine, not an address.');
}

/** The seed of a simulation: a whole number from 0. */
export function parseSeed(text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) {
    return Number(text);
  }
  throw new InvalidArgumentError('It must be a whole number from 0, as in 42.');
}

/** `1000`, `200k`, `1.5M`, `2G`. */
export function parseCount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  const count = Number(match?.[1]) * ({ k: 1e3, M: 1e6, G: 1e9 }[match?.[2] ?? ''] ?? 1);
  if (match === null || !Number.isInteger(count)) {
    throw new InvalidArgumentError('It must be a whole number from 0, as in 1000, 200k or 1.5M.');
  }
  return count;
}
