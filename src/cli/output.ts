/** Output of a command: reports on standard output, notes and progress on standard error. */
import type { Io } from './io.ts';
import { createProgressDisplay, NO_PROGRESS, type ProgressDisplay } from './progress.ts';
import { chooseStyle, type Style } from './style.ts';

export interface Output {
  isJson: boolean;
  isVerbose: boolean;
  /** For standard output. */
  style: Style;
  /** Width of the terminal on standard output; undefined if it is not a terminal. */
  width: number | undefined;
  progress: ProgressDisplay;
  /** Prints the command's result: the JSON value with `--json`, else the lines. */
  report(json: unknown, lines: () => readonly string[]): Promise<void>;
  /** Prints lines on standard output, for results without a JSON form. */
  print(lines: readonly string[]): Promise<void>;
  /** Writes bytes to standard output unchanged. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** Prints a note on standard error. Silent with `--json`. */
  note(line: string): Promise<void>;
}

export function createOutput(io: Io, modes: { isJson: boolean; isVerbose: boolean }): Output {
  const progress = modes.isJson ? NO_PROGRESS : createProgressDisplay(io);
  const output: Output = {
    ...modes,
    style: chooseStyle(io.stdout, io.env),
    width: io.stdout.columns(),
    progress,
    async report(json, lines) {
      await output.print(modes.isJson ? [JSON.stringify(json, null, 2)] : lines());
    },
    async print(lines) {
      progress.clear();
      if (lines.length > 0) {
        await io.stdout.write(`${lines.join('\n')}\n`);
      }
    },
    async writeBytes(bytes) {
      progress.clear();
      await io.stdout.write(bytes);
    },
    async note(line) {
      if (!modes.isJson) {
        progress.clear();
        await io.stderr.write(`${line}\n`);
      }
    },
  };
  return output;
}
