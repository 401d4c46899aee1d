/** Clicklake as it was at an earlier commit, to be measured beside this one. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CACHE } from './measure.ts';

const ROOT = resolve(import.meta.dirname, '..');

/**
 * Builds `commit` with the packages that are installed here, once; returns its main file. Throws where this
 * is no git checkout, git does not know the commit, or it does not build.
 */
export function buildEarlier(commit: string): string {
  const id = capture('git', ['rev-parse', '--verify', `${commit}^{commit}`]).trim();
  const folder = join(CACHE, `commit-${id}`);
  const main = join(folder, 'dist/main.js');
  if (existsSync(main)) {
    return main;
  }
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const archive = join(unfinished, 'commit.tar');
  capture('git', ['archive', '--output', archive, id]);
  capture('tar', ['-xf', archive, '-C', unfinished]);
  symlinkSync(join(ROOT, 'node_modules'), join(unfinished, 'node_modules'));
  capture('npm', ['run', '--silent', 'build'], unfinished);
  renameSync(unfinished, folder);
  return main;
}

function capture(command: string, args: string[], cwd = ROOT): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} ended with ${status}\n${stderr ?? error?.message}`,
    );
  }
  return stdout;
}
