/**
 * Before `npm test`: sets up the project's own Python environment, where there is a Python, and names
 * what else the tests need and this machine lacks. Installs nothing outside the checkout; the tests
 * that lack something are skipped by name. With CI=true anything missing is an error.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findMissing } from './test-needs.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const missing = findMissing();
const problems = missing.map(
  ({ name, debianPackages }) => `${name} (Debian: apt-get install ${debianPackages.join(' ')})`,
);
if (!missing.some(({ name }) => name.startsWith('Python')) && !setUpPython()) {
  problems.push('the Python packages of scripts/python-requirements.txt');
}
for (const problem of problems) {
  console.error(`tests: missing ${problem}`);
}
if (problems.length > 0 && process.env.CI === 'true') {
  process.exitCode = 1;
}

function setUpPython() {
  const { status } = spawnSync(process.execPath, ['scripts/setup-python.mjs'], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}
