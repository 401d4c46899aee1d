/**
 * Files of the model that a person has changed are kept. They may still name tables that are gone, such as that of an
 * own model that was removed, and Power BI does not open such a model. What was generated there is taken out; what
 * the person has written is named.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { guidOf } from './ids.ts';
import type { ProjectFile } from './project-file.ts';
import { type WriteReport, writeWhole } from './write-project.ts';

export interface DanglingReport {
  /** What was generated, and is taken out of kept files. */
  takenOut: NamedLines[];
  /** What a person has written that names a table that is not there. */
  dangling: NamedLines[];
}

export interface NamedLines {
  /** Relative to the folder of the project, with `/`. */
  path: string;
  /** The first line of each object. */
  lines: string[];
}

/** An object of TMDL that names tables. */
interface Reference {
  /** Its lines, descriptions before it and empty lines behind it among them: from, and up to without. */
  from: number;
  to: number;
  head: string;
  tables: string[];
  isGenerated: boolean;
}

const NAME = String.raw`'(?:[^']|'')+'|[^\s.=:']+`;
const TABLE = new RegExp(`^\\uFEFF?table (${NAME})\\s*$`, 'gm');
const HEAD = new RegExp(
  `^(?:(ref table|tablePermission|perspectiveTable) (${NAME})(?=[\\s=]|$)|relationship (\\S+)$)`,
);
const COLUMN = new RegExp(`^(?:from|to)Column: ((${NAME})\\.(?:${NAME}))$`);

/**
 * Looks through the roles, relationships and perspectives of a person in the folder, after `files` were written there:
 * the kept ones, of which something is taken out, and those that were never generated. Throws `usage` when one cannot
 * be written.
 */
export async function takeOutDangling(
  folder: string,
  files: readonly ProjectFile[],
  { kept }: Pick<WriteReport, 'kept'>,
): Promise<DanglingReport> {
  const changed = new Set(kept.map(({ path }) => path));
  const asGenerated = new Set(files.map(({ path }) => path).filter((path) => !changed.has(path)));
  const model = dirname(files.find(({ path }) => path.endsWith('/definition/model.tmdl'))!.path);
  const tables = await tablesIn(join(folder, model, 'tables'));
  const report: DanglingReport = { takenOut: [], dangling: [] };
  for (const name of await referringFiles(join(folder, model))) {
    const path = `${model}/${name}`;
    if (asGenerated.has(path)) {
      continue;
    }
    const lines = (await readFile(join(folder, path), 'utf8')).split(/(?<=\n)/);
    const gone = referencesOf(lines).filter((each) =>
      each.tables.some((table) => !tables.has(nameOf(table))),
    );
    const ours = gone.filter(({ isGenerated }) => isGenerated && changed.has(path));
    const theirs = gone.filter((each) => !ours.includes(each));
    if (ours.length > 0) {
      const left = lines.filter((_, at) => !ours.some(({ from, to }) => from <= at && at < to));
      await writeWhole(join(folder, path), left.join(''));
      report.takenOut.push({ path, lines: ours.map(({ head }) => head) });
    }
    if (theirs.length > 0) {
      report.dangling.push({ path, lines: theirs.map(({ head }) => head) });
    }
  }
  return report;
}

/** The names of the tables that files in the folder declare. */
async function tablesIn(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of await tmdlFiles(folder)) {
    const text = await readFile(join(folder, name), 'utf8');
    for (const [, table] of text.matchAll(TABLE)) {
      found.add(nameOf(table!));
    }
  }
  return found;
}

async function referringFiles(model: string): Promise<string[]> {
  const inFolder = async (name: string) =>
    (await tmdlFiles(join(model, name))).map((file) => `${name}/${file}`);
  const atTop = (await tmdlFiles(model)).filter((name) =>
    ['model.tmdl', 'relationships.tmdl'].includes(name),
  );
  return [...atTop, ...(await inFolder('perspectives')), ...(await inFolder('roles'))];
}

async function tmdlFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.tmdl')).sort();
}

function referencesOf(lines: readonly string[]): Reference[] {
  return lines.flatMap((line, at) => {
    const head = line.trim();
    const found = HEAD.exec(head);
    if (found === null) {
      return [];
    }
    let from = at;
    while (from > 0 && lines[from - 1]!.trimStart().startsWith('///')) {
      from -= 1;
    }
    let to = at + 1;
    while (to < lines.length && (lines[to]!.trim() === '' || depthOf(lines[to]!) > depthOf(line))) {
      to += 1;
    }
    const [, kind, table, id] = found;
    const body = lines.slice(at + 1, to).flatMap((each) => each.trim() || []);
    return [
      { from, to, head, ...(id === undefined ? named(head, kind!, table!) : related(id, body)) },
    ];
  });
}

function named(head: string, kind: string, table: string) {
  const isGenerated =
    kind === 'ref table' || (kind === 'tablePermission' && head === `${kind} ${table} = FALSE()`);
  return { tables: [table], isGenerated };
}

/** The id of a generated relationship follows from its ends. */
function related(id: string, body: readonly string[]) {
  const ends = body.flatMap((line) => COLUMN.exec(line)?.slice(1) ?? []);
  const columns = ends.filter((_, index) => index % 2 === 0);
  const isGenerated =
    body.length === columns.length && id === guidOf('relationship', columns.join(' to '));
  return { tables: ends.filter((_, index) => index % 2 === 1), isGenerated };
}

function depthOf(line: string): number {
  return /^\t*/.exec(line)![0].length;
}

/** Without quotes; Power BI does not tell upper from lower case. */
function nameOf(text: string): string {
  const name = text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text;
  return name.toLowerCase();
}
