/**
 * The checksum file of a version, which readers may use (PROTOCOL.md, "Version Checksum File").
 * Without it, Spark has to run queries over the log.
 */
import { addToJson, metadataToJson, protocolToJson, transactionToJson } from './actions.ts';
import type { DeltaContext } from './context.ts';
import { checksumPath } from './log-paths.ts';
import type { Snapshot } from './snapshot.ts';

/** The limit that Spark uses too. */
const MAX_FILES = 50;

/**
 * Writes the checksum file of a version that has none. Does nothing for tables of newer protocols,
 * which require more fields.
 */
export async function writeVersionChecksum(
  { storage }: DeltaContext,
  snapshot: Snapshot,
): Promise<void> {
  const { root, version, protocol, metadata, files, transactions } = snapshot;
  if (protocol.minReaderVersion > 1 || protocol.minWriterVersion > 2) {
    return;
  }
  const { metaData } = metadataToJson(metadata);
  const summary = {
    tableSizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    numFiles: files.length,
    numMetadata: 1,
    numProtocol: 1,
    setTransactions: transactions.map((each) => transactionToJson(each).txn),
    domainMetadata: [],
    metadata: metaData,
    protocol: protocolToJson(protocol).protocol,
    ...(files.length > MAX_FILES
      ? {}
      : { allFiles: files.map((file) => addToJson({ ...file, dataChange: false }).add) }),
  };
  await storage.putIfAbsent(checksumPath(root, version), Buffer.from(JSON.stringify(summary)));
}
