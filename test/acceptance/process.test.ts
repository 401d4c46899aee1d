/** What only a process of its own can show: signals and pipes. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finish, startCommand } from './command.ts';

describe('the command as a process', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'clicklake-process-'));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  it('ends with 130 and a clear word when interrupted while it waits for input', async () => {
    const child = startCommand(['query', '-', '--verbose'], { cwd });
    const output = { stderr: '' };
    child.stderr?.on('data', (chunk: Buffer) => {
      output.stderr += chunk.toString();
    });
    // More than a pipe holds: once all is taken, the command is up and waits for the rest.
    await new Promise((taken) => child.stdin?.write(' '.repeat(1_000_000), taken));
    child.kill('SIGINT');
    const [exitCode] = await once(child, 'close');
    expect(exitCode).toBe(130);
    expect(output.stderr).toMatch(
      /^error: interrupted\nhint: what was committed to the lake before is kept/,
    );
  });

  it('reads a lake in which it may not write', async () => {
    const lake = join(cwd, 'lake');
    await finish(startCommand(['ingest', '-'], { cwd }), '{"event_id":"e"}\n');
    await finish(startCommand(['run'], { cwd }));
    await promisify(execFile)('chmod', ['-R', 'a=rX', cwd]);
    // To root everything is allowed.
    const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const before = await readdir(lake, { recursive: true });
    try {
      for (const args of [
        ['status'],
        ['query', 'FROM silver_events'],
        ['quarantine'],
        ['verify'],
      ]) {
        const ended = await finish(startCommand([...args, '--lake', lake], { cwd: '/', user }));
        expect(ended).toMatchObject({ stderr: '', exitCode: 0 });
      }
      const refused = await finish(startCommand(['run', '--lake', lake], { cwd: '/', user }));
      expect(refused).toMatchObject({ exitCode: 5 });
      expect(refused.stderr).toContain('permission denied');
      expect(await readdir(lake, { recursive: true })).toEqual(before);
    } finally {
      await promisify(execFile)('chmod', ['-R', 'u+w', cwd]);
    }
  });

  it('ends quietly when nobody reads its output any more', async () => {
    const child = startCommand(['--help'], { cwd });
    child.stdout?.destroy();
    expect(await finish(child)).toMatchObject({ stderr: '', exitCode: 0 });
  });
});
