/**
 * Compiles src/ to dist/ (`npm run build`, and `npm ci` by way of `prepare`). The old dist/ goes
 * first, so that nothing of a removed file stays in the package.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = join(root, 'dist');
const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
const compiler = join(dirname(typescript), 'bin', 'tsc');

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [compiler, '-p', join(root, 'tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);
if (status === 0) {
  // npm does this for installed packages; a checkout is run as it is.
  chmodSync(join(dist, 'main.js'), 0o755);
}
process.exitCode = status ?? 1;
