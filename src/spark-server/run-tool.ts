import { spawn } from 'node:child_process';
import { systemCode } from '../storage/file-errors.ts';

/** Runs a program to its end. Undefined: there is no such program. */
export function runTool(
  command: string,
  args: readonly string[],
): Promise<{ exitCode: number; output: string } | undefined> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => (systemCode(error) === 'ENOENT' ? done(undefined) : fail(error)));
    child.on('close', (code) =>
      done({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}
