/**
 * Checks what `npm pack` would publish (`npm run check:package`): all that a user needs, nothing
 * else, no path of this machine, and a size that stays small.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const MAX_UNPACKED_BYTES = 2_800_000;
const REQUIRED = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'dist/main.js',
  'dist/lake/index.js',
  'dist/lake/index.d.ts',
  'dist/dashboard/web/index.html',
  'dist/dashboard/web/app.js',
  'schema/clicklake.schema.json',
  'spark-server/pom.xml',
  'spark-server/pom-4.1.xml',
  'spark-server/pom-4.0.xml',
  'docs/operations.md',
  'docs/library.md',
  'docs/data-dictionary.md',
  /^models\/silver\/.+\.sql$/,
  /^models\/gold\/.+\.sql$/,
  /^models\/functions\/.+\.sql$/,
  /^presets\/.+\.yaml$/,
  /^channels\/.+\.yaml$/,
];
const ALLOWED =
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|(?:dist|models|presets|channels|schema|spark-server|docs)\/.+)$/;
const FORBIDDEN = /\.(?:map|tgz|env)$|(?:^|\/)(?:test|node_modules|\.[^/]+)(?:\/|$)|\.test\./;

const root = fileURLToPath(new URL('../', import.meta.url));
execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  shell: process.platform === 'win32',
});
const [pack] = JSON.parse(output);
const paths = pack.files.map((file) => file.path);
const problems = [];

for (const required of REQUIRED) {
  const isThere = paths.some((path) =>
    typeof required === 'string' ? path === required : required.test(path),
  );
  if (!isThere) {
    problems.push(`missing from the package: ${required}`);
  }
}
for (const path of paths) {
  if (!ALLOWED.test(path) || FORBIDDEN.test(path)) {
    problems.push(`does not belong in the package: ${path}`);
  } else if (readFileSync(`${root}${path}`).includes(root)) {
    problems.push(`names a path of this machine: ${path}`);
  }
}
if (pack.unpackedSize > MAX_UNPACKED_BYTES) {
  problems.push(`unpacked size is ${pack.unpackedSize} bytes, more than ${MAX_UNPACKED_BYTES}`);
}

for (const problem of problems) {
  console.error(problem);
}
console.log(`package: ${paths.length} files, ${pack.unpackedSize} bytes unpacked`);
process.exitCode = problems.length === 0 ? 0 : 1;
