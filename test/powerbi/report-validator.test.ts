/** What Microsoft's validator of reports says of ours: roles, formatting, references, sizes, theme. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, SOURCES } from '../fixtures/powerbi/project.ts';

const VALIDATOR = join(
  import.meta.dirname,
  '../../node_modules/@microsoft/powerbi-report-authoring-cli/dist/cli.js',
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Answer {
  data: { diagnostics: Record<string, { items: { message: string; file: string }[] }> };
}

/** Its findings, as `code file`. Without the JSON schemas, which it would download: report.test.ts has them. */
async function validate(name: string, files: { path: string; text: string }[]): Promise<string[]> {
  const root = join(folder, name);
  for (const { path, text } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const report = join(root, 'Clicklake.Report');
  const output = await new Promise<string>((resolve) => {
    // It exits with 1 when it has findings.
    execFile(process.execPath, [VALIDATOR, 'validate', '--no-schema', report], (_error, stdout) =>
      resolve(stdout),
    );
  });
  const { data }: Answer = JSON.parse(output);
  return Object.entries(data.diagnostics).flatMap(([code, { items }]) =>
    items.map(({ file }) => `${code} ${file.slice(report.length + 1)}`),
  );
}

// Where a checkout has not been installed since the validator came.
describe.skipIf(!existsSync(VALIDATOR))("Microsoft's validator of reports", () => {
  it.each([
    ['a shop', false],
    ['a shop without checkout', true],
  ])('finds nothing in that of %s but a funnel without a category', async (name, isSkipped) => {
    // The funnel visual takes several values instead of a category, as its own capabilities say.
    expect(await validate(name, makeProject(SOURCES[0], isSkipped))).toEqual([
      'PBIR_ROLE_REQUIRED_MISSING definition/pages/funnel/visuals/steps/visual.json',
    ]);
  });

  it('sees a role that a visual does not have', async () => {
    const files = makeProject().map(({ path, text }) => ({
      path,
      text: path.includes('sessions-trend') ? text.replace('"Category":', '"Axis":') : text,
    }));
    expect(await validate('broken', files)).toContain(
      'PBIR_ROLE_UNKNOWN definition/pages/overview/visuals/sessions-trend/visual.json',
    );
  });
});
