/** Runs the command line from arguments to exit code. Never ends the process itself. */
import { type Command, CommanderError } from 'commander';
import { EXIT_CODES } from '../errors.ts';
import { type CliEffects, createCli } from './cli.ts';
import { interruption, renderFailure, toFailure } from './failure.ts';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';
import { chooseStyle } from './style.ts';

/** Runs the command in `argv` (without node and script) and returns the exit code. */
export async function runCli(argv: readonly string[], effects: CliEffects): Promise<number> {
  const help: string[] = [];
  const program = createProgram(createCli(effects), (text) => help.push(text));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return EXIT_CODES.ok;
  } catch (error) {
    if (isReaderGone(error)) {
      return EXIT_CODES.ok;
    }
    if (error instanceof CommanderError && isHelp(error)) {
      return await printHelp(help.join(''), effects.io);
    }
    const failure = effects.signal.aborted
      ? interruption(error)
      : toFailure(error, helpCommand(program, argv));
    const modes = { isJson: hasFlag(argv, '--json'), isVerbose: hasFlag(argv, '--verbose') };
    const text = renderFailure(failure, modes, chooseStyle(effects.io.stderr, effects.io.env));
    // Ignored: standard error may be closed.
    await effects.io.stderr.write(text).catch(() => {});
    return failure.exitCode;
  }
}

/**
 * True for requested help or version, and for a missing command, which prints the list of commands.
 */
function isHelp(error: CommanderError): boolean {
  return error.exitCode === 0 || error.code === 'commander.help';
}

/**
 * The help command that fits the arguments. Found without the parser, because parsing may have
 * failed.
 */
function helpCommand(program: Command, argv: readonly string[]): string {
  const names = program.commands.map((command) => command.name());
  const name = argv.find((argument) => names.includes(argument));
  return name === undefined ? 'clicklake --help' : `clicklake ${name} --help`;
}

async function printHelp(text: string, io: Io): Promise<number> {
  await io.stdout.write(text).catch((error: unknown) => {
    if (!isReaderGone(error)) {
      throw error;
    }
  });
  return EXIT_CODES.ok;
}

/** True for `clicklake query … | head`: the reader has closed our output. */
function isReaderGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE';
}

/** Searches the arguments without the parser, because parsing may have failed. */
function hasFlag(argv: readonly string[], flag: string): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes(flag);
}
