/**
 * What tests need beyond npm packages. Each: what it is, a command that succeeds when it is there, and
 * the Debian packages that bring it.
 */
import { spawnSync } from 'node:child_process';

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

export function findMissing() {
  return SYSTEM_NEEDS.filter(({ probe }) => !succeeds(...probe));
}

export function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
