/** Both engines on lakes in Azure: in turns, and at the same time. */
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { openAzureLakeAt } from '../fixtures/azure-lake.ts';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';
import {
  delivery,
  hashesInOneRun,
  newContainer,
  openOn,
  runInTurns,
} from '../fixtures/spark-azure.ts';
import { ZSTD_LINE } from '../fixtures/zstd-line.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
const LIMIT_MS = 1_800_000;
const LOOK_AGAIN_MS = 1_000;
/** What DuckDB writes while Spark runs. */
const MEANWHILE = ['everything', 'compaction', 'Gold'] as const;
const DELIVERIES = MEANWHILE.length;

describe.skipIf(SPARK_URL === '')('both engines on a lake in Azure', () => {
  let azurite: Azurite;
  let calm: Record<string, string | null>;
  beforeAll(async () => {
    azurite = await startAzurite();
    calm = await hashesInOneRun(DELIVERIES);
  });
  afterAll(() => azurite.stop());

  it(
    'write at the same time, and lose and double nothing',
    async () => {
      const address = await newContainer(azurite);
      const spark = await openOn('spark', azurite, address, SPARK_URL);
      const duckdb = await openOn('duckdb', azurite, address, SPARK_URL);
      const runDuckdb = () => duckdb.lake.run({ fullRefresh: false });
      let lines = 0;
      for (const [number, meanwhile] of MEANWHILE.entries()) {
        const { name, text } = delivery(number);
        await duckdb.receive(name, text);
        let isRunning = true;
        const bySpark = spark.lake.run({ fullRefresh: false }).finally(() => {
          isRunning = false;
        });
        const reports: RunReport[] = [];
        while (isRunning) {
          const { pending } = await duckdb.lake.status();
          const isItsTurn = meanwhile === 'everything' || pending.files === 0;
          if (meanwhile !== 'compaction' && isItsTurn) {
            reports.push(await runDuckdb());
          }
          if (meanwhile !== 'Gold') {
            await duckdb.lake.maintain({ dryRun: false });
          }
          await pause(LOOK_AGAIN_MS);
        }
        const report = await bySpark;
        // Who is there first has the lines in his account.
        if (meanwhile !== 'everything') {
          expect(report.valid).toBeGreaterThan(0);
        }
        lines += [...reports, report].reduce((sum, each) => sum + each.lines, 0);
      }
      await runDuckdb();
      const { lines: verified, checks } = await duckdb.lake.verify();
      expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
      expect(lines).toBe(verified);
      expect(await duckdb.hashes()).toEqual(calm);
      await spark.close();
      await duckdb.close();
    },
    LIMIT_MS,
  );

  it(
    'take turns, DuckDB first; Spark compacts and computes anew what both wrote',
    async () => {
      const { address, hashes } = await runInTurns(
        ['duckdb', 'spark', 'duckdb'],
        azurite,
        SPARK_URL,
      );
      expect(hashes).toEqual(calm);
      const spark = await openOn('spark', azurite, address, SPARK_URL);
      const maintained = await spark.lake.maintain({ dryRun: false });
      expect(maintained.tables.some(({ filesCompacted }) => filesCompacted > 0)).toBe(true);
      expect(await spark.hashes()).toEqual(calm);
      await spark.lake.run({ fullRefresh: true });
      await spark.close();
      const duckdb = await openOn('duckdb', azurite, address, SPARK_URL);
      expect(await duckdb.hashes()).toEqual(calm);
      await duckdb.close();
    },
    LIMIT_MS,
  );

  it(
    'takes a shared access signature, and files of every form',
    async () => {
      const address = await newContainer(azurite);
      const container = BlobServiceClient.fromConnectionString(
        azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
      ).getContainerClient(parseAzureAddress(address).container);
      const files: [string, Buffer][] = [
        ['plain.ndjson', eventsAndRubbish('plain')],
        ['a name & 100% +é.ndjson', eventsAndRubbish('odd')],
        ['packed.ndjson.gz', gzipSync(eventsAndRubbish('gz'))],
        ['packed.ndjson.zst', ZSTD_LINE],
        ['marked.ndjson', Buffer.concat([MARK, eventsAndRubbish('marked')])],
      ];
      for (const [name, bytes] of files) {
        await container
          .getBlockBlobClient(`some/lake/bronze/web/date=2026-01-01/${name}`)
          .upload(bytes, bytes.length);
      }
      const env = {
        AZURE_STORAGE_BLOB_ENDPOINT: azurite.endpoint,
        AZURE_STORAGE_SAS_TOKEN: signatureFor(azurite, address),
      };
      const spark = await openAzureLakeAt(address, env, (settings) => ({
        ...settings,
        engine: 'spark',
        spark: { url: SPARK_URL },
      }));
      const report = await spark.lake.run({ fullRefresh: false });
      expect(report).toMatchObject({
        files: 5,
        lines: 13,
        valid: 9,
        quarantined: { not_json: 4 },
        unreadable: [],
      });
      await spark.close();
      for await (const { name } of container.listBlobsFlat({ prefix: 'some/lake/_work/' })) {
        expect(name).toBe('nothing');
      }
    },
    LIMIT_MS,
  );
});

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function eventsAndRubbish(name: string): Buffer {
  const event = (id: string) =>
    `{"event_id":"${name}-${id}","user_id":"u","session_id":"s","event_type":"page_view","event_timestamp":"2026-01-01T00:00:00Z"}`;
  return Buffer.from([event('a'), event('b'), '{"event_id":'].join('\n'));
}

function signatureFor({ account, key }: Azurite, address: string): string {
  return generateBlobSASQueryParameters(
    {
      containerName: parseAzureAddress(address).container,
      permissions: ContainerSASPermissions.parse('racwdl'),
      startsOn: new Date(Date.now() - 3_600_000),
      expiresOn: new Date(Date.now() + 3_600_000),
    },
    new StorageSharedKeyCredential(account, key),
  ).toString();
}
