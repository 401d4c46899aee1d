/**
 * Registers a lake's tables in a catalog, such as Unity Catalog on Databricks, as external tables. The
 * files are not moved.
 */
import { ClicklakeError } from '../../errors.ts';
import type { TableDefinition } from '../table.ts';
import { SparkError } from './connect/index.ts';
import { setWriteSettings } from './session-settings.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier, literal } from './sql-text.ts';

export interface CatalogPlace {
  /** Undefined: the one that the session has. */
  catalog: string | undefined;
  schema: string;
}

/** Returns the full names. An existing table is not changed, and must have the same location. */
export async function registerTables(
  connection: SqlConnection,
  lake: string,
  place: CatalogPlace,
  tables: readonly TableDefinition[],
): Promise<string[]> {
  await setWriteSettings(connection.driver, {});
  const names: string[] = [];
  for (const table of tables) {
    const parts = [place.catalog, place.schema, table.name].filter((part) => part !== undefined);
    const name = parts.join('.');
    const sqlName = parts.map(identifier).join('.');
    const location = `${lake}/${table.root}`;
    const found = await register(connection, sqlName, location).catch((error: unknown) => {
      throw explain(error, name, place, lake);
    });
    if (plainPath(found) !== plainPath(location)) {
      throw new ClicklakeError(
        'config_invalid',
        `the tables of the lake are complete, but ${name} is registered at ${found || 'no place'} and not at ${location}`,
        {
          hint: `DROP TABLE ${name} (the files of an external table stay), or choose another spark.schema`,
        },
      );
    }
    names.push(name);
  }
  return names;
}

async function register(
  connection: SqlConnection,
  sqlName: string,
  location: string,
): Promise<string> {
  await connection.run(
    `CREATE TABLE IF NOT EXISTS ${sqlName} USING DELTA LOCATION ${literal(location)}`,
  );
  const { columns, batches } = await connection.namedRows(`DESCRIBE DETAIL ${sqlName}`);
  const index = columns.findIndex((column) => column.name === 'location');
  let found = '';
  for await (const rows of batches) {
    found = String(rows[0]?.[index] ?? found);
  }
  return found;
}

/** Normalizes a location: catalogs write `file:/x`, `file:///x` or `/x/`. */
function plainPath(location: string): string {
  const path = location.replace(/^file:\/*/, '/').replace(/\/+$/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function explain(
  error: unknown,
  name: string,
  { catalog, schema }: CatalogPlace,
  lake: string,
): unknown {
  if (!(error instanceof SparkError) || error.code === 'server_unavailable') {
    return error;
  }
  const home = catalog === undefined ? schema : `${catalog}.${schema}`;
  const message = `the tables of the lake are complete, but ${name} cannot be registered: ${error.message}`;
  const errorClass = error.errorClass ?? '';
  if (
    error.code === 'access_refused' ||
    error.sqlState === '42501' ||
    /PERMISSION|PRIVILEGE|UNAUTHORIZED/.test(errorClass)
  ) {
    return new ClicklakeError('access_refused', message, {
      hint: `grant USE CATALOG, USE SCHEMA and CREATE TABLE for ${home}, and CREATE EXTERNAL TABLE on the external location of ${lake}`,
      cause: error,
    });
  }
  return new ClicklakeError('config_invalid', message, {
    hint: /SCHEMA_NOT_FOUND|NAMESPACE|CATALOG/.test(errorClass)
      ? `check spark.catalog and spark.schema, and make the schema: CREATE SCHEMA ${home}`
      : 'check spark.catalog and spark.schema',
    cause: error,
  });
}
