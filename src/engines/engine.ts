/**
 * The contract between the pipeline and whatever computes, in three parts: a session that runs SQL and
 * names its results, a source of the records in Bronze, and a writer of tables. The pipeline says which
 * model goes where; where files lie, and which of them must be fetched, is known below this line.
 */
import type { RecordSource } from './records.ts';
import type { Session } from './session.ts';
import type { TableWriter } from './writer.ts';

export type { Batch, BatchFile } from './records.ts';
export type { Division, Row } from './session.ts';
export type { TableDefinition, TableRows } from './table.ts';
export type { Draft, ExpectedRows, MergeRequest, WriteRequest, WriteResult } from './writer.ts';

export interface Engine {
  readonly name: string;

  /** On a local disk its commits are safe against those of other processes. */
  readonly sharesLocalLakes: boolean;

  readonly session: Session;
  readonly records: RecordSource;
  readonly writer: TableWriter;

  close(): Promise<void>;
}
