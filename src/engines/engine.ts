/**
 * The contract between pipeline and engine, in three parts: a session that runs SQL and names
 * results, a source of the records in Bronze, and a writer of tables. The pipeline decides which
 * model is computed when. Where files are, and which must be downloaded, is known only below this
 * line.
 */
import type { RecordSource } from './records.ts';
import type { Session } from './session.ts';
import type { TableWriter } from './writer.ts';

export type { Batch, BatchFile } from './records.ts';
export type { Division, Row } from './session.ts';
export type { TableDefinition, TableRows } from './table.ts';
export type {
  Draft,
  ExpectedRows,
  PlannedWrite,
  WriteRequest,
  WriteResult,
} from './writer.ts';

export interface Engine {
  readonly name: 'duckdb' | 'spark';

  /** Whether commits on a local disk are safe against those of other processes. */
  readonly sharesLocalLakes: boolean;

  readonly session: Session;
  readonly records: RecordSource;
  readonly writer: TableWriter;

  close(): Promise<void>;
}
