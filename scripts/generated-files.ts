/** The files of the repository that are made from its sources, and what they should hold. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Cli } from '../src/cli/cli.ts';
import { createProgram } from '../src/cli/program.ts';
import { renderJsonSchema } from '../src/config/json-schema.ts';
import { listSettingKeys } from '../src/config/schema.ts';
import { PAGES } from '../src/dashboard/pages.ts';
import { describeFigures } from '../src/dashboard/server/figure-sets.ts';
import {
  type ColumnDescription,
  dataDictionary,
  type TableDescription,
} from '../src/pipeline/data-dictionary.ts';
import { type Measure, measures } from '../src/powerbi/measures.ts';
import { renderAssemblyModule } from './assembly-module.ts';
import { type Figures, renderGrowthPlot, renderGrowthTable } from './growth-plot.ts';

export interface GeneratedFile {
  /** From the root of the repository. */
  path: string;
  text: string;
}

/** Figures of scenario p of the benchmark. */
const GROWTH = 'docs/images/growth.json';

/** Every generated file. Prose around the generated sections of a page is kept as it is. */
export async function renderGeneratedFiles(root: URL): Promise<GeneratedFile[]> {
  const page = async (path: string, sections: Record<string, string>): Promise<GeneratedFile> => {
    const current = await readFile(new URL(path, root), 'utf8');
    const text = Object.entries(sections).reduce(
      (text, [name, content]) => replaceSection(path, text, name, content),
      current,
    );
    return { path, text };
  };
  const growth: Figures = JSON.parse(await readFile(new URL(GROWTH, root), 'utf8'));
  return [
    {
      path: 'schema/clicklake.schema.json',
      text: `${JSON.stringify(renderJsonSchema(), null, 2)}\n`,
    },
    await page('docs/operations.md', { commands: renderCommands(), settings: renderSettings() }),
    await page('docs/data-dictionary.md', {
      tables: dataDictionary().map(renderTable).join('\n\n'),
    }),
    await page('docs/powerbi.md', { measures: renderMeasures() }),
    await page('docs/dashboard.md', { figures: renderFigures() }),
    await page('docs/benchmarks.md', { growth: renderGrowthTable(growth) }),
    { path: 'docs/images/growth.svg', text: renderGrowthPlot(growth) },
    {
      path: 'src/bronze/generated/line-reader.ts',
      text: renderAssemblyModule(root, 'src/bronze/assembly', 'line-reader.ts', 'LINE_READER'),
    },
  ];
}

function replaceSection(path: string, page: string, name: string, content: string): string {
  const begin = `<!-- generated ${name}: npm run generate -->`;
  const end = `<!-- end of ${name} -->`;
  const start = page.indexOf(begin);
  const stop = page.indexOf(end);
  if (start === -1 || stop < start) {
    throw new Error(`${path} has no section between "${begin}" and "${end}"`);
  }
  return `${page.slice(0, start + begin.length)}\n\n${content}\n\n${page.slice(stop)}`;
}

/** The help of every command, as `--help` prints it, without the options that all share. */
function renderCommands(): string {
  const program = createHelpProgram();
  const pages = [program, ...listLeaves(program)].map((command) => {
    if (command !== program) {
      command.configureHelp({ showGlobalOptions: false });
    }
    const title = command === program ? 'clicklake' : commandPath(command);
    return `### ${title}\n\n\`\`\`text\n${captureHelp(command).trim()}\n\`\`\``;
  });
  return pages.join('\n\n');
}

function renderSettings(): string {
  const rows = listSettingKeys().map(({ path, variable, description, defaultValue }) => {
    const shown = defaultValue === undefined ? '' : `\`${showDefault(defaultValue)}\``;
    return `| \`${path.join('.')}\` | \`${variable}\` | ${shown} | ${description} |`;
  });
  return ['| key | variable | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function renderTable(table: TableDescription): string {
  const { name, summary, root, partitionBy, filesBy, columns } = table;
  const partition = partitionBy.map((column) => `, partitioned by \`${column}\``).join('');
  const files = filesBy === undefined ? '' : `, files by \`${filesBy}\``;
  const model = root.startsWith('bronze/')
    ? ''
    : ` Model: [models/${root}.sql](../models/${root}.sql).`;
  return [
    `## ${name}`,
    '',
    `${summary} Folder \`${root}\`${partition}${files}.${model}`,
    '',
    '| column | type | null | meaning |',
    '|---|---|---|---|',
    ...columns.map(renderColumn),
  ].join('\n');
}

function renderColumn({ name, type, nullable, description }: ColumnDescription): string {
  return `| \`${name}\` | ${type} | ${nullable ? 'yes' : 'no'} | ${description} |`;
}

function showDefault(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

/** The measures of the Power BI model by folder, but for the hidden ones. */
function renderMeasures(): string {
  const visible = measures({ isCheckoutSkipped: false }).filter(
    ({ isHidden }) => isHidden !== true,
  );
  const folders = [...new Set(visible.map(({ folder }) => folder))];
  return folders
    .map((name) =>
      renderFolder(
        name,
        visible.filter(({ folder }) => folder === name),
      ),
    )
    .join('\n\n');
}

/** The figures at the top of the dashboard. */
function renderFigures(): string {
  const rows = PAGES.filter(({ panels }) => panels.includes('figures')).flatMap((page) =>
    describeFigures(page.figures ?? 'sessions').map(
      ({ name, meaning }) => `| ${page.name} | ${name} | ${meaning} |`,
    ),
  );
  return ['| page | figure | meaning |', '|---|---|---|', ...rows].join('\n');
}

function renderFolder(folder: string, own: readonly Measure[]): string {
  // What looks at other days than the selected ones has no query of its own without a selection.
  const whole = (sql: string) => sql.replaceAll('@all', '');
  const isPlain = (sql: string | undefined) => sql !== undefined && !/[{@]/.test(whole(sql));
  const hasSql = own.some(({ sql }) => isPlain(sql));
  const rows = own.map(({ name, description, sql }) => {
    const query = isPlain(sql) ? `\`${whole(sql!)}\`` : '';
    return `| ${name} | ${description} |${hasSql ? ` ${query} |` : ''}`;
  });
  return [
    `**${folder.replaceAll('\\', ', ')}**`,
    '',
    `| measure | meaning |${hasSql ? ' from Gold |' : ''}`,
    `|---|---|${hasSql ? '---|' : ''}`,
    ...rows,
  ].join('\n');
}

/** The program with effects that a running command alone would use. */
function createHelpProgram(): Command {
  const io = { stdout: { columns: () => undefined } };
  return createProgram({ io } as unknown as Cli, () => {});
}

function captureHelp(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (text) => parts.push(text) });
  command.outputHelp();
  return parts.join('');
}

/** Commands that do something; a group such as `quarantine` is shown by its members. */
function listLeaves(command: Command): Command[] {
  return command.commands.flatMap((child) =>
    child.commands.length === 0 ? [child] : listLeaves(child),
  );
}

function commandPath(command: Command): string {
  const parent = command.parent;
  return parent === null ? command.name() : `${commandPath(parent)} ${command.name()}`;
}
