/** Names in another language, as TMDL. */
import type { ShownTable } from './shown.ts';
import { indent, tmdlName } from './tmdl.ts';

/** The object of its file. What has no caption keeps its name. */
export function translatedCulture(
  culture: string,
  shown: readonly ShownTable[],
  captionOf: (name: string) => string | undefined,
): string[] {
  const named = (kind: string, name: string, below: readonly string[] = []): string[] => {
    const caption = captionOf(name);
    const lines = [...(caption === undefined ? [] : [`\tcaption: ${caption}`]), ...indent(below)];
    return lines.length === 0 ? [] : [`${kind} ${tmdlName(name)}`, ...lines];
  };
  const folderOf = (folder: string): string =>
    folder
      .split('\\')
      .map((part) => captionOf(part) ?? part)
      .join('\\');
  const tables = shown.flatMap((table) =>
    named('table', table.name, [
      ...table.measures.flatMap(({ name, folder }) =>
        named('measure', name, [`displayFolder: ${folderOf(folder)}`]),
      ),
      ...table.columns.flatMap((name) => named('column', name)),
      ...table.hierarchies.flatMap(({ name, levels }) =>
        named(
          'hierarchy',
          name,
          levels.flatMap((level) => named('level', level)),
        ),
      ),
    ]),
  );
  return [
    `cultureInfo ${culture}`,
    ...indent(['translations', ...indent(['model Model', ...indent(tables)])]),
  ];
}
