/**
 * What every command receives. A command is a file that exports `register<Name>(program: Command,
 * cli: Cli): void`. It declares its arguments and options with commander, and its action uses
 * `cli`. Command files import nothing heavy at the top, because `clicklake --help` loads them all.
 */
import type { Command } from 'commander';
import type { Settings } from '../config/settings.ts';
import type { Lake, openLake } from '../lake/open-lake.ts';
import type { Io } from './io.ts';
import { createOutput, type Output } from './output.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  lake?: string;
  engine?: Settings['engine'];
  sparkUrl?: string;
  config?: string;
  json?: boolean;
  verbose?: boolean;
}

export interface Cli {
  io: Io;
  /** Aborted by Ctrl-C. Long work checks it and stops at the next safe point. */
  signal: AbortSignal;
  output(command: Command): Output;
  /** Loads and merges defaults, file, environment and flags. Throws `config_invalid`. */
  settings(command: Command): Promise<Settings>;
  /**
   * Opens the lake with progress display, does the work, and always closes the lake. `change`
   * adjusts the user's settings for this command.
   */
  withLake(
    command: Command,
    work: (lake: Lake, output: Output) => Promise<void>,
    change?: (settings: Settings) => Settings,
  ): Promise<void>;
}

/** The effects that commands use: streams, settings, the lake. Tests pass their own. */
export interface CliEffects {
  io: Io;
  signal: AbortSignal;
  loadSettings: (options: {
    configPath?: string;
    lake?: string;
    engine?: Settings['engine'];
    sparkUrl?: string;
  }) => Promise<Settings>;
  openLake: typeof openLake;
}

export function createCli(effects: CliEffects): Cli {
  const cli: Cli = {
    io: effects.io,
    signal: effects.signal,
    output(command) {
      const { json, verbose } = command.optsWithGlobals<GlobalOptions>();
      return createOutput(effects.io, { isJson: json === true, isVerbose: verbose === true });
    },
    async settings(command) {
      const { config, lake, engine, sparkUrl } = command.optsWithGlobals<GlobalOptions>();
      return effects.loadSettings({
        ...(config === undefined ? {} : { configPath: config }),
        ...(lake === undefined ? {} : { lake }),
        ...(engine === undefined ? {} : { engine }),
        ...(sparkUrl === undefined ? {} : { sparkUrl }),
      });
    },
    async withLake(command, work, change = (same) => same) {
      const output = cli.output(command);
      const settings = change(await cli.settings(command));
      const lake = await effects.openLake(settings, {
        onProgress: output.progress.listener,
        signal: effects.signal,
      });
      try {
        await work(lake, output);
      } finally {
        output.progress.clear();
        await lake.close();
      }
    },
  };
  return cli;
}
