/**
 * Makes ready what tests need beyond npm packages (run by `npm test`): Python with the packages of
 * other Delta Lake readers, in a virtual environment of the project's own, Chromium for the dashboard,
 * and Java and Maven for a Spark. Debian packages are installed where this is Debian and the user may. What is missing is named; the tests that need it
 * say so themselves. With CI=true anything missing is an error.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const isCi = process.env.CI === 'true';

/** Each: what it is, a command that succeeds when it is there, and the Debian packages that bring it. */
const SYSTEM_NEEDS = [
  {
    name: 'Python 3 with venv',
    probe: ['python3', ['-c', 'import venv, ensurepip']],
    debianPackages: ['python3', 'python3-venv'],
  },
  {
    name: 'Chromium, or CHROMIUM_PATH naming one',
    probe: [
      'sh',
      [
        '-c',
        '[ -n "$CHROMIUM_PATH" ] || command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable',
      ],
    ],
    debianPackages: ['chromium'],
  },
  {
    name: 'Java 17 or newer',
    probe: ['java', ['-version']],
    debianPackages: ['default-jre-headless'],
  },
  { name: 'Maven', probe: ['mvn', ['-version']], debianPackages: ['maven'] },
];

const missing = SYSTEM_NEEDS.filter((need) => !succeeds(...need.probe));
if (missing.length > 0) {
  installDebianPackages(missing.flatMap((need) => need.debianPackages));
}
const problems = SYSTEM_NEEDS.filter((need) => !succeeds(...need.probe)).map(
  (need) => `${need.name} (Debian: apt-get install ${need.debianPackages.join(' ')})`,
);
if (
  succeeds(...SYSTEM_NEEDS[0].probe) &&
  !runVisibly(process.execPath, ['scripts/setup-python.mjs'])
) {
  problems.push('the Python packages of scripts/python-requirements.txt');
}
for (const problem of problems) {
  console.error(`tests: missing ${problem}`);
}
if (problems.length > 0 && isCi) {
  process.exitCode = 1;
}

function installDebianPackages(packages) {
  const mayInstall = process.getuid?.() === 0 && succeeds('apt-get', ['--version']);
  if (mayInstall) {
    console.log(`tests: installing ${packages.join(', ')}`);
    runVisibly('apt-get', ['update', '--quiet', '--quiet']);
    runVisibly('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...packages]);
  }
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function runVisibly(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env }).status === 0;
}
