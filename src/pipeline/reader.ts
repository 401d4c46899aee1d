/** Reads a lake repeatedly: results are cached until a table has a new version. */
import { createHash } from 'node:crypto';
import { goldRules } from '../config/gold-rules.ts';
import { BOTS_PROPERTY, type GoldRules, TIME_ZONE_PROPERTY } from '../contract/gold-rules.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { Engine } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import { describeOwnTable, type OwnTableDescription } from './data-dictionary.ts';
import { releaseTable } from './fetch-ahead.ts';
import { toQueryRow } from './query.ts';
import type { QueryRow } from './reports.ts';
import { type LakeTable, listTables } from './tables.ts';

/**
 * The rules by which the numbers of Gold must be read. They come from the tables, not from the
 * present settings.
 */
export type ShownRules = Pick<GoldRules, 'timeZone' | 'bots'>;

/**
 * Queries by name. A view is computed each time it is read, from the files that its tables had; only on a local
 * lake.
 */
export type NamedQueries = Readonly<Record<string, string | { view: string }>>;

export interface LakeReader {
  /**
   * Computes the queries over the current tables and keeps the results under their names until the
   * next call. Returns a version, which is another one after every commit to one of the tables, and for
   * a lake that was made again at the same address. If nothing has changed, only the tables' logs are read.
   *
   * `textTypes`: types for texts with few different values, by name, each with a query for all of
   * them. Where the queries cast to such a type, texts are filtered and grouped several times
   * quicker. Only on DuckDB.
   */
  keep(
    resultsOf: (rules: ShownRules) => NamedQueries,
    textTypes?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** The rules by which Gold was computed, as of the last call of `keep`. */
  rules(): ShownRules;
  /** Runs a query over the kept results. Only one call at a time. */
  rows(sql: string): Promise<QueryRow[]>;
  /** The tables of the user's own models, including those that are not computed yet. */
  readonly ownTables: readonly OwnTableDescription[];
  /**
   * Shows the current version of an own table under its name while `work` runs. On a remote lake
   * this downloads the files of this table only. A table that does not exist yet is empty.
   */
  withOwnTable<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

/**
 * Opens a reader on a lake. It uses the session of `context`, which nothing else may use meanwhile.
 */
export function openReader(context: LakeContext): LakeReader {
  const { engine } = context;
  const tables = listTables(context.tables);
  let kept: string | undefined;
  const settings = goldRules(context.settings);
  let rules: ShownRules = settings;
  return {
    async keep(resultsOf, textTypes = {}) {
      const snapshots = await loadAll(context, tables);
      const version = versionOf(snapshots);
      const sessions = snapshots.get(context.tables.sessions.name);
      rules = rulesOf(sessions?.metadata.configuration ?? {}, settings);
      if (version === kept) {
        return version;
      }
      kept = undefined;
      const results = resultsOf(rules);
      // Show only the tables that the queries name: on a remote lake, showing a table downloads all
      // its files.
      const queries = [...Object.values(results).map(sqlOf), ...Object.values(textTypes)];
      const words = new Set(queries.join('\n').toLowerCase().match(/\w+/g));
      const wanted = tables.filter((table) => words.has(table.name));
      for (const table of wanted) {
        await engine.session.showTable(table, snapshots.get(table.name));
      }
      for (const [name, sql] of Object.entries(textTypes)) {
        await defineTextType(engine, name, sql);
      }
      for (const [name, query] of Object.entries(results)) {
        await (typeof query === 'string'
          ? engine.session.stage(name, query)
          : engine.session.defineView(name, query.view));
      }
      for (const table of wanted) {
        await releaseTable(context, snapshots.get(table.name));
      }
      kept = version;
      return version;
    },
    rules: () => rules,
    async rows(sql) {
      const { columns, batches } = await engine.session.queryNamed(sql);
      const rows: QueryRow[] = [];
      for await (const batch of batches) {
        for (const row of batch) {
          rows.push(toQueryRow(columns, row));
        }
      }
      return rows;
    },
    ownTables: context.tables.own.map(describeOwnTable),
    async withOwnTable(name, work) {
      const table = context.tables.own.find((each) => each.name === name);
      if (table === undefined) {
        throw new ClicklakeError('unknown_table', `there is no own table ${name}`, {
          hint: 'own tables are declared by the models of the configuration (docs/models.md)',
        });
      }
      const snapshot = await loadTable(context, table);
      await engine.session.showTable(table, snapshot);
      try {
        return await work();
      } finally {
        await engine.session.drop([name]);
        await releaseTable(context, snapshot);
      }
    },
  };
}

function sqlOf(query: NamedQueries[string]): string {
  return typeof query === 'string' ? query : query.view;
}

async function defineTextType({ name, session }: Engine, type: string, sql: string): Promise<void> {
  if (session.defineTextType === undefined) {
    throw new ClicklakeError('usage', `the ${name} engine has no types for texts`, {
      hint: 'open the lake with the duckdb engine, or keep results without textTypes',
    });
  }
  await session.defineTextType(type, sql);
}

function rulesOf(properties: Readonly<Record<string, string>>, settings: GoldRules): ShownRules {
  const bots = properties[BOTS_PROPERTY];
  return {
    timeZone: properties[TIME_ZONE_PROPERTY] ?? settings.timeZone,
    bots: bots === 'include' || bots === 'exclude' ? bots : settings.bots,
  };
}

async function loadAll(
  context: LakeContext,
  tables: readonly LakeTable[],
): Promise<Map<string, Snapshot>> {
  const snapshots = new Map<string, Snapshot>();
  for (const table of tables) {
    const snapshot = await loadTable(context, table);
    if (snapshot !== undefined) {
      snapshots.set(table.name, snapshot);
    }
  }
  return snapshots;
}

/** With the ids of the tables: a lake made again at the same address has the same numbers. */
function versionOf(snapshots: ReadonlyMap<string, Snapshot>): string {
  const versions = [...snapshots].map(
    ([name, { metadata, version }]) => `${name}=${metadata.id}/${version}`,
  );
  return createHash('sha256').update(versions.join()).digest('base64url').slice(0, 22);
}
