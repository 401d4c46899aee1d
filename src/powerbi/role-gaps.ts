/**
 * Roles that a person has made of the template keep their files. Tables that came later, such as those of own
 * models, are then open to their members, with the numbers of all countries.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProjectFile } from './project-file.ts';
import { COUNTRY_ROLE } from './roles.ts';
import { tmdlName } from './tmdl.ts';

/** A role that filters countries, and what its file lacks. */
export interface RoleGap {
  /** Relative to the folder of the project, with `/`. */
  path: string;
  /** Lines of the template that are not there. */
  missing: string[];
}

/** Compares the roles in the folder that filter the table Country with the template among `files`. */
export async function findRoleGaps(
  folder: string,
  files: readonly ProjectFile[],
): Promise<RoleGap[]> {
  const template = files.find(({ path }) => path.endsWith(`/roles/${COUNTRY_ROLE}.tmdl`))!;
  const roles = dirname(template.path);
  const names = await readdir(join(folder, roles)).catch(() => []);
  const gaps: RoleGap[] = [];
  for (const name of names.filter((each) => each.endsWith('.tmdl')).sort()) {
    const filtered = filteredTables(await readFile(join(folder, roles, name), 'utf8'));
    const isByCountry = filtered.some((table) => isSame(table, 'Country'));
    const missing = filteredTables(template.text).filter(
      (table) => !filtered.some((each) => isSame(each, table)),
    );
    if (isByCountry && missing.length > 0) {
      gaps.push({
        path: `${roles}/${name}`,
        missing: missing.map((table) => `tablePermission ${tmdlName(table)} = FALSE()`),
      });
    }
  }
  return gaps;
}

/** The tables that a role has a filter for. */
function filteredTables(role: string): string[] {
  const found = role.matchAll(/^\s*tablePermission\s+(?:'((?:[^']|'')*)'|([^\s=]+))/gm);
  return [...found].map(([, quoted, plain]) => quoted?.replaceAll("''", "'") ?? plain!);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
