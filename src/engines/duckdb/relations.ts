/** The temporary tables and views of a session, by name. */
import type { RelationKind, SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';

/** Creates or replaces a temporary table or view. `definition` is the SQL after the name. */
export async function createRelation(
  connection: SqlConnection,
  kind: RelationKind,
  name: string,
  definition: string,
): Promise<void> {
  // CREATE OR REPLACE fails if the name belongs to a relation of the other kind.
  if ((connection.relations.get(name) ?? kind) !== kind) {
    await dropRelation(connection, name);
  }
  await connection.run(`CREATE OR REPLACE TEMP ${kind} ${identifier(name)} ${definition}`);
  connection.relations.set(name, kind);
}

/**
 * Skips names that do not exist, without a statement: a plan drops all names it could have defined,
 * which are hundreds.
 */
export async function dropRelation(connection: SqlConnection, name: string): Promise<void> {
  const kind = connection.relations.get(name);
  if (kind !== undefined) {
    await connection.run(`DROP ${kind} temp.${identifier(name)}`);
    connection.relations.delete(name);
  }
}
