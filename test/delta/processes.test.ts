import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { commitPath, logFolder, parseLogFileName } from '../../src/delta/log-paths.ts';
import { plainCheckpointFiles } from './plain-checkpoint-files.ts';
import { load, localContext, pathsOf, useFolders } from './support.ts';

const newFolder = useFolders();
const AT_WRITES = new URL('../fixtures/at-writes.mjs', import.meta.url);

/** Bundled once: its sixty starts would each take a second of compiling. It looks for package.json one folder up, as src/ does. */
const COMMITTER = fileURLToPath(new URL('../../.cache/committer.mjs', import.meta.url));
beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('committer.ts', import.meta.url))],
    outfile: COMMITTER,
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20' },
  });
});

interface Committer {
  process: ChildProcess;
  /** Transactions it said were committed. */
  done: number[];
  /** Resolves when it has committed once, or is gone. */
  begun: Promise<unknown>;
  gone: Promise<[number | null, string | null]>;
}

function startCommitter(
  folder: string,
  appId: string,
  commitCount: number,
  meeting: NodeJS.ProcessEnv = {},
): Committer {
  const args = ['--import', AT_WRITES.href, COMMITTER, folder, appId, String(commitCount)];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...meeting },
  });
  const done: number[] = [];
  let pending = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    done.push(...lines.map(Number));
  });
  const gone = once(child, 'close') as Committer['gone'];
  const begun = Promise.race([once(child.stdout, 'data'), gone]);
  return { process: child, done, begun, gone };
}

/** The versions in the log, which must be without a gap, and the table they make. */
async function checkedTable(folder: string) {
  const context = localContext(folder, plainCheckpointFiles);
  const versions: number[] = [];
  for await (const { path } of context.storage.list(logFolder('t'))) {
    const name = parseLogFileName(path.slice(logFolder('t').length));
    if (name?.kind === 'commit') {
      versions.push(name.version);
    }
  }
  expect(versions).toEqual(versions.map((_, index) => index));
  const files: string[] = [];
  for (const version of versions) {
    const text = (await context.storage.read(commitPath('t', version))).toString();
    for (const [, path] of text.matchAll(/"add":\{"path":"([^"]+)"/g)) {
      files.push(path as string);
    }
  }
  const table = await load(context);
  expect(pathsOf(table.files)).toEqual([...files].sort());
  expect(new Set(files).size).toBe(files.length);
  return { table, versions, storage: context.storage };
}

describe('several processes', () => {
  it('make 400 versions of 2 times 200 commits, the first of which they make at once', async () => {
    const folder = await newFolder();
    const meetingPlace = await newFolder();
    const meeting = { TEST_MEET_IN: meetingPlace, TEST_MEET_COUNT: '2' };
    const committers = ['one', 'two'].map((appId) => startCommitter(folder, appId, 200, meeting));
    for (const { gone } of committers) {
      expect(await gone).toEqual([0, null]);
    }
    expect(await readdir(meetingPlace)).toHaveLength(2);
    const { table, versions } = await checkedTable(folder);
    expect(versions).toHaveLength(400);
    expect(table.files).toHaveLength(400);
    expect(table.txns).toEqual(
      new Map([
        ['one', 200],
        ['two', 200],
      ]),
    );
  });

  it('lose and double nothing through 60 kills', async () => {
    const folder = await newFolder();
    const said: Record<string, number[]> = { one: [], two: [] };
    /** Kills an application's process again and again, at an instant while it commits. */
    async function killOften(appId: string, kills: number): Promise<void> {
      for (let kill = 0; kill < kills; kill += 1) {
        const committer = startCommitter(folder, appId, 1_000_000);
        await committer.begun;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 25));
        committer.process.kill('SIGKILL');
        expect(await committer.gone).toEqual([null, 'SIGKILL']);
        said[appId]?.push(...committer.done);
      }
    }
    await Promise.all([killOften('one', 30), killOften('two', 30)]);
    const { table, storage } = await checkedTable(folder);
    for (const [appId, numbers] of Object.entries(said)) {
      // Each number was said once; what was committed and not said is at most one per kill.
      expect(new Set(numbers).size).toBe(numbers.length);
      const last = table.txns.get(appId) ?? 0;
      expect(Math.max(...numbers)).toBeLessThanOrEqual(last);
      expect(last - numbers.length).toBeLessThanOrEqual(30);
      const own = pathsOf(table.files).filter((path) => path.startsWith(appId));
      const expected = Array.from({ length: last }, (_, index) => `${appId}-${index + 1}.parquet`);
      expect(own).toEqual(expected.sort());
    }
    const left = await storage.removeAbandonedWork();
    expect(left).toBeLessThanOrEqual(120);
    expect(await storage.removeAbandonedWork()).toBe(0);
  });
});
