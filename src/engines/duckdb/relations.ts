/** The temporary tables and views of a session, by name. */
import type { RelationKind, SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';

/** Makes a table or view, in place of the one of that name; `definition` is what SQL says behind the name. */
export async function createRelation(
  connection: SqlConnection,
  kind: RelationKind,
  name: string,
  definition: string,
): Promise<void> {
  // Nothing replaces a relation of the other kind.
  if ((connection.relations.get(name) ?? kind) !== kind) {
    await dropRelation(connection, name);
  }
  await connection.run(`CREATE OR REPLACE TEMP ${kind} ${identifier(name)} ${definition}`);
  connection.relations.set(name, kind);
}

/** Does nothing where there is none: a plan drops all names that it could have made, which are hundreds. */
export async function dropRelation(connection: SqlConnection, name: string): Promise<void> {
  const kind = connection.relations.get(name);
  if (kind !== undefined) {
    await connection.run(`DROP ${kind} temp.${identifier(name)}`);
    connection.relations.delete(name);
  }
}
