/** Installs the Debian packages that the tests still need (run by `.ci/run`), where this is Debian and the user may. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { findMissing, succeeds } from './test-needs.mjs';

const packages = findMissing().flatMap(({ debianPackages }) => debianPackages);
const mayInstall = process.getuid?.() === 0 && succeeds('apt-get', ['--version']);
if (packages.length > 0 && mayInstall) {
  console.log(`installing ${packages.join(', ')}`);
  aptGet('update', '--quiet', '--quiet');
  aptGet('install', '--yes', '--quiet', '--no-install-recommends', ...packages);
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', args, { stdio: 'inherit', env });
  if (status !== 0) {
    process.exitCode = 1;
  }
}
