/** Our small .proto says of every message it names what the .proto files inside Spark's archive say. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescMessage,
  fromBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { userCacheFolder } from '../../src/config/cache-folder.ts';
import { SparkConnectService } from '../../src/engines/spark/connect/generated/spark_connect_pb.ts';
import { prepareSparkJars } from '../../src/spark-server/spark-jars.ts';

const run = promisify(execFile);
const EXTRACT = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    archive.extractall(sys.argv[2], [n for n in archive.namelist() if n.startswith('spark/connect/') and n.endswith('.proto')])
`;

describe.skipIf(!process.env.CLICKLAKE_TEST_SPARK_URL)('our part of the protocol', () => {
  test('is what Spark defines', async () => {
    const theirs = await readSparkProtocol();
    const service = theirs.getService(SparkConnectService.typeName);
    const differences: string[] = [];
    const seen = new Set<string>();
    for (const ours of SparkConnectService.methods) {
      const method = service?.methods.find(({ name }) => name === ours.name);
      if (method === undefined || method.methodKind !== ours.methodKind) {
        differences.push(`${ours.name} is another kind of call`);
        continue;
      }
      compareMessages(ours.input, method.input, differences, seen);
      compareMessages(ours.output, method.output, differences, seen);
    }
    expect(differences).toEqual([]);
    expect(seen.size).toBeGreaterThan(40);
  });
});

async function readSparkProtocol() {
  const cache = userCacheFolder(process.env, homedir());
  const jars = await prepareSparkJars(cache, () => {});
  const jar = (await readdir(jars)).find((name) => name.startsWith('spark-connect_'));
  const work = await mkdtemp(join(tmpdir(), 'clicklake-test-'));
  try {
    await run('python3', ['-c', EXTRACT, join(jars, jar ?? ''), work]);
    const image = join(work, 'image.binpb');
    await run('node_modules/.bin/buf', ['build', work, '--as-file-descriptor-set', '-o', image]);
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(image)));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Follows both from the calls down. A message without fields may stand for one we do not read. */
function compareMessages(
  ours: DescMessage,
  theirs: DescMessage,
  differences: string[],
  seen: Set<string>,
): void {
  if (seen.has(ours.typeName) || ours.fields.length === 0) {
    return;
  }
  seen.add(ours.typeName);
  if (ours.typeName !== theirs.typeName) {
    differences.push(`${ours.typeName} is ${theirs.typeName}`);
  }
  for (const field of ours.fields) {
    const other = theirs.fields.find(({ number }) => number === field.number);
    const [here, there] = [describeField(field), other && describeField(other)];
    if (other === undefined || here !== there) {
      differences.push(`${ours.typeName}: ${here} is ${there}`);
      continue;
    }
    if (field.message && other.message) {
      compareMessages(field.message, other.message, differences, seen);
    }
    if (field.enum && other.enum) {
      compareEnums(field.enum, other.enum, differences);
    }
  }
}

function compareEnums(ours: DescEnum, theirs: DescEnum, differences: string[]): void {
  for (const { name, number } of ours.values) {
    if (theirs.values.find((value) => value.number === number)?.name !== name) {
      differences.push(`${ours.typeName}: ${name} is not ${number}`);
    }
  }
}

function describeField(field: DescField): string {
  const { name, number, oneof, presence, proto } = field;
  return [name, number, proto.type, proto.label, presence, oneof?.name ?? 'alone'].join(' ');
}
