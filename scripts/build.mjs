/**
 * Compiles src/ to dist/ (`npm run build`, and `npm ci` by way of `prepare`). The old dist/ goes
 * first, so that nothing of a removed file stays in the package.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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
  removeUnreachedTypes();
  await buildDashboardPage();
  cpSync(join(root, 'src/verify/sql'), join(dist, 'verify/sql'), { recursive: true });
  // npm does this for installed packages; a checkout is run as it is.
  chmodSync(join(dist, 'main.js'), 0o755);
}
process.exitCode = status ?? 1;

/** Keeps the types that the package's entry leads to: no program that imports it sees the others. */
function removeUnreachedTypes() {
  const reached = new Set();
  const reach = (path) => {
    if (reached.has(path)) {
      return;
    }
    reached.add(path);
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g)) {
      reach(join(dirname(path), name.replace(/\.[jt]s$/, '.d.ts')));
    }
  };
  reach(join(dist, 'lake/index.d.ts'));
  for (const name of readdirSync(dist, { recursive: true })) {
    if (name.endsWith('.d.ts') && !reached.has(join(dist, name))) {
      rmSync(join(dist, name));
    }
  }
}

/** The dashboard's page: one script and what stands beside it, next to the server that sends them. */
async function buildDashboardPage() {
  const source = join(root, 'src/dashboard/web');
  const target = join(dist, 'dashboard/web');
  await build({
    entryPoints: [
      { in: join(source, 'main.tsx'), out: 'app' },
      { in: join(source, 'app.css'), out: 'app' },
    ],
    tsconfig: join(source, 'tsconfig.json'),
    outdir: target,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'icon.svg']) {
    copyFileSync(join(source, name), join(target, name));
  }
}
