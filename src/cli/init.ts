import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { CONFIG_FILE_NAME, DEFAULTS } from '../config/defaults.ts';
import { systemReason } from '../config/system-reason.ts';
import { ClicklakeError } from '../errors.ts';
import type { Cli } from './cli.ts';
import { renderConfigTemplate } from './config-template.ts';
import { examples } from './help-text.ts';
import { renderModelTemplate } from './model-template.ts';

interface InitOptions {
  from?: string[];
  source: string;
  model?: string;
}

export function registerInit(program: Command, cli: Cli): void {
  program
    .command('init')
    .summary('write a commented configuration file')
    .description(
      'Writes clicklake.yaml with every setting explained. A file that is there is never changed. With --from it looks at the first 10,000 records of the files, says where they hold the fields of an event and what would become of them, and writes that mapping too; it asks nothing. Exit code 3 if no record gives a valid event.',
    )
    .argument('[dir]', 'target folder; created if missing', '.')
    .option('--from <file...>', 'propose a mapping for these files, folders or patterns')
    .option('--source <name>', 'the source that delivers them, for --from', DEFAULTS.source)
    .option('--model <name>', 'write models/<name>.sql instead: a commented table of your own')
    .addHelpText(
      'after',
      examples([
        ['clicklake init', ''],
        ['clicklake init --from landing/events.json.gz', 'with a mapping that fits the file'],
        ["clicklake init --from 'landing/*.csv' --source app", 'for another source'],
        ['clicklake init --from events.json --json', 'the proposal as JSON'],
        ['clicklake init shop', 'in a new folder'],
        ['clicklake init --model weekdays', 'a table gold_weekdays (docs/models.md)'],
      ]),
    )
    .action(async (dir: string, { from, source, model }: InitOptions, command: Command) => {
      const folder = resolve(cli.io.cwd, dir);
      if (model !== undefined) {
        return await writeModel(cli, command, { folder, dir, model });
      }
      if (from !== undefined) {
        return await writeProposal(cli, command, { folder, dir, from, source });
      }
      const shownPath = join(dir, CONFIG_FILE_NAME);
      await writeNewFile(folder, shownPath, renderConfigTemplate(schemaAddress(folder)));
      const enter = folder === cli.io.cwd ? [] : [`  cd ${dir}`];
      await cli
        .output(command)
        .report({ configFile: join(folder, CONFIG_FILE_NAME) }, () => [
          `wrote ${shownPath}`,
          'next:',
          ...enter,
          '  clicklake ingest <files of events>',
          '  clicklake run',
        ]);
    });
}

/** If a configuration exists already, it stays unchanged, but the proposal is still printed. */
async function writeProposal(
  cli: Cli,
  command: Command,
  { folder, dir, from, source }: { folder: string; dir: string; from: string[]; source: string },
): Promise<void> {
  const output = cli.output(command);
  const { renderSources } = await import('./mapping-template.ts');
  const { ingestCommand, proposalJson, proposeFrom, renderFrom } = await import('./init-from.ts');
  const found = await proposeFrom(cli, from, source);
  if (found.refusal !== undefined) {
    await output.report(proposalJson(found, null), () => renderFrom(found, output));
    throw found.refusal;
  }
  const shownPath = join(dir, CONFIG_FILE_NAME);
  const text = renderConfigTemplate(schemaAddress(folder), renderSources(found.section));
  if (!(await writeIfNew(folder, shownPath, text))) {
    return await output.report(proposalJson(found, null), () => [
      ...renderFrom(found, output),
      `${shownPath} exists already and was not changed; add this below sources: in it, or give another folder: clicklake init <dir> --from …`,
      ...found.section.split('\n'),
    ]);
  }
  await output.report(proposalJson(found, join(folder, CONFIG_FILE_NAME)), () => [
    ...renderFrom(found, output),
    `wrote ${shownPath}: look through the section sources`,
    'next:',
    ...(folder === cli.io.cwd ? [] : [`  cd ${dir}`]),
    `  ${ingestCommand(from, source, { cwd: cli.io.cwd, folder })}`,
    '  clicklake run',
  ]);
}

async function writeModel(
  cli: Cli,
  command: Command,
  { folder, dir, model }: { folder: string; dir: string; model: string },
): Promise<void> {
  const name = model.replace(/^gold_/, '');
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new ClicklakeError('usage', `"${model}" is not a valid model name`, {
      hint: 'use lower-case letters, digits and _, beginning with a letter',
    });
  }
  const shownPath = join(dir, 'models', `${name}.sql`);
  await writeNewFile(join(folder, 'models'), shownPath, renderModelTemplate(name), `${name}.sql`);
  await cli
    .output(command)
    .report({ model: join(folder, 'models', `${name}.sql`) }, () => [
      `wrote ${shownPath}: the table gold_${name}`,
      `next: set "models: ./models" in ${CONFIG_FILE_NAME}, then clicklake run`,
    ]);
}

/** Throws `usage` if the file is there. */
async function writeNewFile(
  folder: string,
  shownPath: string,
  text: string,
  name: string = CONFIG_FILE_NAME,
): Promise<void> {
  if (!(await writeIfNew(folder, shownPath, text, name))) {
    throw new ClicklakeError('usage', `${shownPath} exists already and was not changed`, {
      hint: 'edit it, or give another folder: clicklake init <dir>',
    });
  }
}

/** False if the file is there. It is never changed. Throws `usage` if it cannot be written. */
async function writeIfNew(
  folder: string,
  shownPath: string,
  text: string,
  name: string = CONFIG_FILE_NAME,
): Promise<boolean> {
  try {
    await makeFolder(folder);
    await writeFile(join(folder, name), text, { flag: 'wx' });
    return true;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'EEXIST' && (cause as NodeJS.ErrnoException).syscall === 'open') {
      return false;
    }
    throw new ClicklakeError('usage', `cannot write ${shownPath}: ${systemReason(cause)}`, {
      hint: 'give a folder that you may write to: clicklake init <dir>',
      cause,
    });
  }
}

/**
 * Creates a folder with its missing parents. Node's recursive `mkdir` never returns if the system
 * reports an existing parent as missing, as in /proc.
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && dirname(folder) !== folder) {
      await makeFolder(dirname(folder));
      await mkdir(folder);
    } else if (code !== 'EEXIST') {
      throw error;
    }
  }
}

/**
 * The schema file of the installed package, for editors. A relative path if the package moves
 * together with the folder.
 */
function schemaAddress(folder: string): string {
  const schema = fileURLToPath(new URL('../../schema/clicklake.schema.json', import.meta.url));
  const path = relative(folder, schema);
  return path.startsWith('..') ? pathToFileURL(schema).href : `./${path.split(sep).join('/')}`;
}
