/**
 * Makes `.venv` with the packages of scripts/python-requirements.txt, which some tests compare
 * Clicklake with. Does nothing when it is already so. Without Python these tests are skipped, and
 * with CI=true that is an error.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const requirements = join(project, 'scripts', 'python-requirements.txt');
const venv = join(project, '.venv');
const stampFile = join(venv, 'requirements.sha256');
const stamp = createHash('sha256').update(readFileSync(requirements)).digest('hex');

process.exitCode = setUp();

function setUp() {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    console.log('.venv is up to date.');
    return 0;
  }
  if (spawnSync('python3', ['--version'], { stdio: 'ignore' }).status !== 0) {
    console.error('There is no python3 here, so the tests against other Delta tools cannot run.');
    return process.env.CI === 'true' ? 1 : 0;
  }
  rmSync(venv, { recursive: true, force: true });
  const isDone =
    run('python3', ['-m', 'venv', venv]) &&
    run(join(venv, 'bin', 'python'), [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
      ...['-r', requirements],
    ]);
  if (!isDone) {
    return 1;
  }
  writeFileSync(stampFile, stamp);
  console.log('.venv is ready.');
  return 0;
}

function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}
