/** Colour and emphasis for terminal output, or plain text. */
import { styleText } from 'node:util';
import type { OutputStream } from './io.ts';

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const PLAIN: Style = {
  bold: (text) => text,
  dim: (text) => text,
  red: (text) => text,
  green: (text) => text,
  yellow: (text) => text,
};

const COLOURED: Style = {
  bold: paintWith('bold'),
  dim: paintWith('dim'),
  red: paintWith('red'),
  green: paintWith('green'),
  yellow: paintWith('yellow'),
};

/** Colour only on a terminal that supports it, and never if `NO_COLOR` is set (no-color.org). */
export function chooseStyle(
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const isWelcome = stream.isTty && !env.NO_COLOR && env.TERM !== 'dumb';
  return isWelcome ? COLOURED : PLAIN;
}

function paintWith(format: 'bold' | 'dim' | 'red' | 'green' | 'yellow'): (text: string) => string {
  // Support for colour was checked above; otherwise Node would check its own standard output.
  return (text) => styleText(format, text, { validateStream: false });
}
