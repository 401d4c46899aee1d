/** The error message that the user sees, and the exit code. */
import { CommanderError } from 'commander';
import { ClicklakeError, type ErrorCode, EXIT_CODES } from '../errors.ts';
import type { Style } from './style.ts';

export interface Failure {
  code: ErrorCode | 'interrupted';
  exitCode: number;
  message: string;
  hint: string | undefined;
  cause: unknown;
}

/** Maps any thrown value to a message. `helpCommand` is the command that lists the options. */
export function toFailure(error: unknown, helpCommand: string): Failure {
  if (error instanceof ClicklakeError) {
    const { code, exitCode, message, hint } = error;
    return { code, exitCode, message, hint, cause: error };
  }
  if (error instanceof CommanderError) {
    return fromCommander(error, helpCommand);
  }
  if (isDiskFull(error)) {
    return {
      code: 'disk_full',
      exitCode: EXIT_CODES.lakeUnavailable,
      message: `the disk is full: ${error.path ?? error.message}`,
      hint: 'free some space and run again; nothing half-written is visible',
      cause: error,
    };
  }
  return {
    code: 'unexpected',
    exitCode: EXIT_CODES.unexpected,
    message: `unexpected failure: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'this is a defect of Clicklake; run it again with --verbose and report what it prints',
    cause: error,
  };
}

function isDiskFull(error: unknown): error is NodeJS.ErrnoException {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Ctrl-C is not a failure. Commits made before it are kept. */
export function interruption(cause: unknown): Failure {
  return {
    code: 'interrupted',
    exitCode: EXIT_CODES.interrupted,
    message: 'interrupted',
    hint: 'what was committed to the lake before is kept; run the same command again',
    cause,
  };
}

/**
 * One JSON object with `--json`, else lines `error:` and `hint:`. The stack is added only on
 * request.
 */
export function renderFailure(
  failure: Failure,
  modes: { isJson: boolean; isVerbose: boolean },
  style: Style,
): string {
  if (modes.isJson) {
    const { code, message, hint } = failure;
    const stack = modes.isVerbose ? { stack: describeCause(failure.cause) } : {};
    return `${JSON.stringify({ error: { code, message, hint: hint ?? null, ...stack } })}\n`;
  }
  const lines = [`${style.red('error:')} ${failure.message}`];
  if (failure.hint !== undefined) {
    lines.push(`${style.dim('hint:')} ${failure.hint}`);
  }
  if (modes.isVerbose) {
    lines.push(describeCause(failure.cause));
  }
  return `${lines.join('\n')}\n`;
}

function fromCommander(error: CommanderError, helpCommand: string): Failure {
  const [first, ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').match(/\((Did you mean .*\?)\)/)?.[1];
  return {
    code: 'usage',
    exitCode: EXIT_CODES.usage,
    message: first!,
    hint: suggestion === undefined ? `see ${helpCommand}` : lowerFirst(suggestion),
    cause: error,
  };
}

function describeCause(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\ncaused by: ${describeCause(error.cause)}`;
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
