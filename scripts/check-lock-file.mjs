/**
 * Checks package.json and package-lock.json (`npm run check:lock-file`): versions are exact, every
 * package has a checksum (but builds for other platforms that scripts/complete-lock-file.mjs has
 * added), none is missing, and no address of a registry is written down, so that `npm ci` works with
 * whatever registry is configured.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { listMissingEntries } from './lock-file.mjs';

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
const { packages } = JSON.parse(lockText);
for (const [path, entry] of Object.entries(packages)) {
  if (entry.resolved !== undefined) {
    problems.push(
      `package-lock.json: ${path} names where it came from; install with the project's .npmrc`,
    );
  }
  const isForPlatform = entry.optional && entry.os !== undefined && entry.cpu !== undefined;
  if (path !== '' && entry.integrity === undefined && !isForPlatform) {
    problems.push(`package-lock.json: ${path} has no checksum`);
  }
}

for (const { parent, name } of listMissingEntries(packages)) {
  problems.push(
    `package-lock.json: ${name}, for ${parent}, is missing; run: npm run complete-lock-file`,
  );
}

for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;
