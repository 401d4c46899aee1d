/** Output of a command: reports on standard output, remarks and progress on standard error. */
import type { Io } from './io.ts';
import { createProgressDisplay, NO_PROGRESS, type ProgressDisplay } from './progress.ts';
import { chooseStyle, type Style } from './style.ts';

export interface Output {
  isJson: boolean;
  isVerbose: boolean;
  /** For standard output. */
  style: Style;
  /** Width of the terminal that standard output is; undefined when it is none. */
  width: number | undefined;
  progress: ProgressDisplay;
  /** The command's result: the JSON value with `--json`, else the lines. */
  report(json: unknown, lines: () => readonly string[]): Promise<void>;
  /** Lines on standard output, for results that are neither (no `--json` form). */
  print(lines: readonly string[]): Promise<void>;
  /** Bytes on standard output, as they are. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** A remark on standard error; silent with `--json`. */
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
