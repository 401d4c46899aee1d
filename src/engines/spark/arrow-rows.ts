/** Small tables as an Arrow stream, the format in which Spark accepts rows. */
import { Binary, Int64, Table, tableToIPC, Utf8, type Vector, vectorFromArray } from 'apache-arrow';

export type SentColumn =
  | { name: string; type: 'STRING'; values: readonly (string | null)[] }
  | { name: string; type: 'BIGINT'; values: readonly (bigint | null)[] }
  | { name: string; type: 'BINARY'; values: readonly (Uint8Array | null)[] };

export function arrowRows(columns: readonly SentColumn[]): { stream: Uint8Array; schema: string } {
  const vectors = Object.fromEntries(columns.map((column) => [column.name, vectorOf(column)]));
  return {
    stream: tableToIPC(new Table(vectors), 'stream'),
    schema: columns.map(({ name, type }) => `${name} ${type}`).join(', '),
  };
}

function vectorOf(column: SentColumn): Vector {
  switch (column.type) {
    case 'STRING':
      return vectorFromArray([...column.values], new Utf8());
    case 'BIGINT':
      return vectorFromArray([...column.values], new Int64());
    case 'BINARY':
      return vectorFromArray([...column.values], new Binary());
  }
}
