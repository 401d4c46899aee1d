/**
 * Checks package.json and package-lock.json (`npm run check:lock-file`): versions are exact, every
 * package has a checksum, and no address of a registry is written down, so that `npm ci` works with
 * whatever registry is configured.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

const root = new URL('../', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const lockText = readFileSync(new URL('package-lock.json', root), 'utf8');
const problems = [];

for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
  for (const [name, version] of Object.entries(manifest[group] ?? {})) {
    if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
      problems.push(`package.json: ${name} is "${version}"; pin one version`);
    }
  }
}
for (const [path, entry] of Object.entries(JSON.parse(lockText).packages)) {
  if (entry.resolved !== undefined) {
    problems.push(
      `package-lock.json: ${path} names where it came from; install with the project's .npmrc`,
    );
  }
  if (path !== '' && entry.integrity === undefined && !entry.inBundle && !entry.link) {
    problems.push(`package-lock.json: ${path} has no checksum`);
  }
}

for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;
