/**
 * Runs a case's `script`: a list of commands in a small part of the shell's language, so that cases
 * run the same everywhere. A line is a command; `#` begins a comment. Words may be quoted with ' or ".
 * `NAME=value` before a command sets its environment; `< file` and `> file` redirect.
 *
 *     clicklake <args>      the command under test
 *     cat <file>            prints a file
 *     cp <from> <to>, mkdir <dir>, rm <path>, cd <dir>
 */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Finished } from './command.ts';

/** Runs `clicklake` with these arguments to its end. */
export type RunClicklake = (
  args: readonly string[],
  surroundings: { cwd: string; env: Record<string, string> },
  stdin: string,
) => Promise<Finished>;

interface Line {
  env: Record<string, string>;
  words: string[];
  stdinFile: string | undefined;
  stdoutFile: string | undefined;
}

/** What the script prints, line by line: the command, its output, its errors, its exit code. */
export async function runScript(
  script: string,
  startDir: string,
  runClicklake: RunClicklake,
): Promise<string> {
  const printed: string[] = [];
  let cwd = startDir;
  for (const text of script.split('\n').map((line) => line.trim())) {
    if (text === '' || text.startsWith('#')) {
      continue;
    }
    const line = parseLine(text);
    if (line.words[0] === 'cd') {
      cwd = resolve(cwd, line.words[1]!);
      continue;
    }
    const finished = await runLine(line, cwd, runClicklake);
    if (line.stdoutFile !== undefined) {
      await writeFile(resolve(cwd, line.stdoutFile), finished.stdout);
      finished.stdout = '';
    }
    printed.push(`$ ${text}\n${showFinished(finished)}`);
  }
  return printed.join('\n');
}

async function runLine(line: Line, cwd: string, runClicklake: RunClicklake): Promise<Finished> {
  const [name, ...args] = line.words;
  const paths = args.map((arg) => resolve(cwd, arg));
  const done: Finished = { stdout: '', stderr: '', exitCode: 0 };
  switch (name) {
    case 'clicklake': {
      const stdin =
        line.stdinFile === undefined ? '' : await readFile(resolve(cwd, line.stdinFile), 'utf8');
      return runClicklake(args, { cwd, env: line.env }, stdin);
    }
    case 'cat':
      return { ...done, stdout: await readFile(paths[0]!, 'utf8') };
    case 'cp':
      await cp(paths[0]!, paths[1]!, { recursive: true });
      return done;
    case 'mkdir':
      await mkdir(paths[0]!, { recursive: true });
      return done;
    case 'rm':
      await rm(paths[0]!, { recursive: true });
      return done;
    default:
      throw new Error(`a script knows no command ${name}`);
  }
}

function showFinished({ stdout, stderr, exitCode }: Finished): string {
  const parts = [stdout];
  if (stderr !== '') {
    parts.push('--- stderr\n', stderr);
  }
  if (exitCode !== 0) {
    parts.push(`--- exit ${exitCode}\n`);
  }
  return parts.join('');
}

function parseLine(text: string): Line {
  const line: Line = { env: {}, words: [], stdinFile: undefined, stdoutFile: undefined };
  let redirection: '<' | '>' | undefined;
  for (const { word, isQuoted } of splitWords(text)) {
    const assignment = /^([A-Z_]+)=([\s\S]*)$/.exec(word);
    if (!isQuoted && (word === '<' || word === '>')) {
      redirection = word;
    } else if (redirection === '<') {
      line.stdinFile = word;
      redirection = undefined;
    } else if (redirection === '>') {
      line.stdoutFile = word;
      redirection = undefined;
    } else if (line.words.length === 0 && assignment !== null) {
      line.env[assignment[1]!] = assignment[2]!;
    } else {
      line.words.push(word);
    }
  }
  return line;
}

function splitWords(text: string): { word: string; isQuoted: boolean }[] {
  const words = [...text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)];
  return words.map(([raw]) => ({
    word: raw.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double),
    isQuoted: /^['"]/.test(raw),
  }));
}
