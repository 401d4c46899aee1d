/** Who sees what of the model, and in which language. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lakeTables } from '../../src/pipeline/tables.ts';
import { parseDax, references } from '../fixtures/powerbi/dax.ts';
import { makeProject, readModel, SETTINGS, SOURCES } from '../fixtures/powerbi/project.ts';
import type { TmdlObject } from '../fixtures/powerbi/tmdl-reader.ts';

const model = readModel(makeProject());
const isShown = ({ properties }: TmdlObject) => !properties.has('isHidden');

/** Names in sight, as `kind table name`. */
const SHOWN = [
  ...[...model.tables.values()].map(({ object }) => object),
  ...model.otherTables,
].flatMap((table) =>
  table.children
    .filter((child) => ['measure', 'column', 'hierarchy'].includes(child.kind) && isShown(child))
    .map((child) => `${child.kind} ${table.name} ${child.name}`),
);

describe('the role of a country', () => {
  const role = model.all.find(({ kind }) => kind === 'role')!;
  const permissions = new Map(role.children.map(({ name, expression }) => [name!, expression!]));

  it('reads, and filters the dimension', () => {
    expect(role.properties.get('modelPermission')).toBe('read');
    const [column, ...others] = references(parseDax(permissions.get('Country')!));
    expect(others).toEqual([]);
    expect(column).toMatchObject({ kind: 'column', table: 'Country', name: 'Country' });
  });

  it('closes every table whose rows it does not reach, also those of own models', () => {
    const folder = mkdtempSync(join(tmpdir(), 'clicklake-own-'));
    writeFileSync(
      join(folder, 'total.sql'),
      '-- gold_total: one row.\n-- grain: events\n-- refresh: full\n-- reads: silver_events\nSELECT\n  CAST(count(*) AS BIGINT) AS events -- events [events]\nFROM silver_events\n',
    );
    const own = lakeTables({ ...SETTINGS, models: folder });
    rmSync(folder, { recursive: true });
    const { all, tables, relationships } = readModel(makeProject(SOURCES[0], false, own));
    const reached = relationships
      .filter(({ to }) => to.table === 'Country')
      .map(({ from }) => from.table);
    const closed = all
      .filter(({ kind, expression }) => kind === 'tablePermission' && expression === 'FALSE()')
      .map(({ name }) => name!);
    const dimensions = ['Metrics', 'Date', 'Device', 'Country', 'Channel', 'Products'];
    expect([...closed, ...reached, ...dimensions].sort()).toEqual([...tables.keys()].sort());
    expect(closed).toContain('Total');
  });

  it('is left usable by the measures: none switches a relationship', () => {
    for (const [name, { expression }] of model.measures) {
      expect(expression, name).not.toMatch(/USERELATIONSHIP|CROSSFILTER/);
    }
  });
});

describe('a perspective', () => {
  const perspectives = model.all.filter(({ kind }) => kind === 'perspective');

  it.each(perspectives.map((each) => [each.name!, each] as const))(
    '%s has things in sight only, and a part of them',
    (_name, { children }) => {
      const members = children.flatMap(({ name: table, children: own }) =>
        own.map(({ kind, name }) => {
          return `${kind.replace('perspective', '').toLowerCase()} ${table} ${name}`;
        }),
      );
      expect(members.filter((member) => !SHOWN.includes(member))).toEqual([]);
      expect(members.length).toBeGreaterThan(30);
      expect(members.length).toBeLessThan(SHOWN.length);
      expect(members).toEqual(
        expect.arrayContaining(['measure Metrics Sessions', 'hierarchy Date Calendar']),
      );
    },
  );

  it('is listed in the model', () => {
    const refs = model.all.filter(({ kind }) => kind === 'ref').map(({ name }) => name);
    expect(refs).toEqual(
      expect.arrayContaining(perspectives.map(({ name }) => `perspective ${name}`)),
    );
    expect(perspectives.map(({ name }) => name)).toEqual(['Marketing', 'Management']);
  });
});

describe('the German names', () => {
  const tables = model.all.filter(({ kind }) => kind === 'translated table');
  const german = tables.flatMap((table) =>
    table.children.map((child) => {
      const kind = child.kind.replace('translated ', '');
      return { key: `${kind} ${table.name} ${child.name}`, table: table.name!, object: child };
    }),
  );

  it('are there for all that is in sight, and for nothing else', () => {
    expect(german.map(({ key }) => key).sort()).toEqual([...SHOWN].sort());
    const missing = [...tables, ...german.map(({ object }) => object)].filter(
      ({ properties }) => !properties.has('caption'),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('tell the measures of the model and the columns of a table apart, as the English ones do', () => {
    for (const table of tables) {
      const captions = table.children
        .filter(({ kind }) => kind !== 'translated hierarchy')
        .map(({ properties }) => properties.get('caption')!.toLowerCase());
      expect(new Set(captions).size, table.name).toBe(captions.length);
    }
    const captions = tables.map(({ properties }) => properties.get('caption'));
    expect(new Set(captions).size).toBe(captions.length);
  });

  it('have folders, one for each English one', () => {
    const folders = new Map<string, Set<string>>();
    for (const { key, object } of german.filter(({ key }) => key.startsWith('measure'))) {
      const english = model.measures.get(object.name!)!.properties.get('displayFolder')!;
      const found = folders.get(english) ?? new Set();
      folders.set(english, found.add(object.properties.get('displayFolder')!));
      expect(object.properties.get('displayFolder'), key).not.toBeUndefined();
    }
    const all = [...folders.values()].flatMap((each) => [...each]);
    expect(all).toHaveLength(folders.size);
    expect(new Set(all).size).toBe(folders.size);
  });
});
