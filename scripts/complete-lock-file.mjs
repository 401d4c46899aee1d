/**
 * Adds to package-lock.json what npm leaves out when the configured registry does not have a package's
 * builds for other platforms (`npm run complete-lock-file`, after `npm install` has changed the file).
 * The entries pin the version and say for which platform it is; they have no checksum, because it
 * comes from the registry. Without them `npm ci` refuses the file everywhere.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { listMissingEntries } from './lock-file.mjs';

const address = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(address, 'utf8'));

for (const { parent, name, version, isOptional } of listMissingEntries(lock.packages)) {
  const platform = readPlatform(name);
  if (!isOptional || platform === undefined || !/^\d/.test(version)) {
    throw new Error(
      `${parent} asks for ${name} ${version}, which is no build for another platform`,
    );
  }
  // In npm's order, so that npm finds nothing to change.
  lock.packages[`node_modules/${name}`] = {
    version,
    cpu: platform.cpu,
    ...(lock.packages[parent].dev === true ? { dev: true } : {}),
    ...(platform.libc === undefined ? {} : { libc: platform.libc }),
    optional: true,
    os: platform.os,
  };
  console.log(`added ${name} ${version}`);
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
);
writeFileSync(address, `${JSON.stringify(lock, null, 2)}\n`);

/** `…-linux-arm64-musl` -> os, cpu and libc as npm writes them; undefined if the name says none. */
function readPlatform(name) {
  const match =
    /(?:^|[-/])(android|darwin|freebsd|linux|openharmony|win32)-(arm64|armv7|arm|ia32|ppc64|riscv64|s390x|x64)(?:-(\w+))?$/.exec(
      name,
    );
  if (match === null) {
    return undefined;
  }
  const [, os, cpu, variant = ''] = match;
  const libc = variant.startsWith('musl')
    ? 'musl'
    : variant.startsWith('gnu')
      ? 'glibc'
      : undefined;
  return { cpu: [cpu === 'armv7' ? 'arm' : cpu], libc: libc && [libc], os: [os] };
}
