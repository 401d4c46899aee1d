/** Passes the lake to the recount: files as received, rules, and current tables. */

import { openReceived } from '../bronze/received-files.ts';
import { goldRules } from '../config/gold-rules.ts';
import { hasEventRules, isPlain } from '../mapping/mapping.ts';
import { otherFile } from '../storage/file-errors.ts';
import type { TableName } from '../verify/canonical-row.ts';
import type { EventRules } from '../verify/line-judge.ts';
import { verifyLake } from '../verify/verify.ts';
import { type LakeContext, loadTable, stopIfAborted } from './context.ts';
import { isGoldCurrent } from './gold.ts';
import { filesReceivedAfter } from './ledger.ts';
import { readersWorkFolder } from './readers-work-folder.ts';
import type { VerifyReport } from './reports.ts';
import { loadSilver } from './silver.ts';
import { type LakeTable, listTables } from './tables.ts';
import { areOwnModelsCurrent, verifyOwnModels } from './update-own-models.ts';

/**
 * Compares the tables with a recount of the files that Silver has consumed. Files that still wait
 * for a run are left out. Reads every line of the lake. Changes nothing.
 */
export async function verify(context: LakeContext): Promise<VerifyReport> {
  const startedAt = performance.now();
  const { settings, storage } = context;
  for (const table of listTables(context.tables)) {
    await requireFiles(context, table);
  }
  const { consumed } = await loadSilver(context);
  const files = (await filesReceivedAfter(context, 0)).filter(
    (file) => file.fileNumber <= consumed,
  );
  const byNumber = new Map(files.map((file) => [file.fileNumber, file]));
  const linesTotal = files.reduce((sum, file) => sum + file.lineCount, 0);
  const current =
    (await isGoldCurrent(context)) && (await areOwnModelsCurrent(context)) ? 'yes' : 'no';
  const rules = context.mappings.list.map((mapping): EventRules => {
    const own = isPlain(mapping) && !hasEventRules(mapping) ? {} : { mapping };
    return {
      eventTypes: new Set(settings.silver.eventTypes),
      aliases: new Map(Object.entries(settings.silver.eventTypeAliases)),
      ...own,
    };
  });
  const work = await readersWorkFolder(storage, 'verify');
  try {
    const { lines, checks } = await verifyLake({
      session: context.recountSession,
      files,
      openFile: ({ fileNumber }) => openReceived(storage, byNumber.get(fileNumber)!),
      rulesOf: ({ fileNumber }) => rules[byNumber.get(fileNumber)?.mapping ?? 0]!,
      rules: goldRules(settings),
      tempFolder: work.path,
      readTable: (table) => tableRows(context, table),
      onProgress(linesDone) {
        stopIfAborted(context.signal);
        context.onProgress({ stage: 'verify', linesDone, linesTotal });
      },
    });
    const isCurrent = {
      name: 'gold: up to date with Silver',
      expected: 'yes',
      actual: current,
      isEqual: current === 'yes',
    };
    return {
      lines,
      checks: [isCurrent, ...checks, ...(await verifyOwnModels(context))],
      durationMs: performance.now() - startedAt,
    };
  } finally {
    await work.release();
  }
}

/** Throws if a data file is missing. The recount may read local copies, which would hide that. */
async function requireFiles(context: LakeContext, table: LakeTable): Promise<void> {
  const { storage } = context;
  const snapshot = await loadTable(context, table);
  if (snapshot === undefined) {
    return;
  }
  const sizes = new Map<string, number>();
  for await (const { path, sizeBytes } of storage.list(`${table.root}/`)) {
    sizes.set(path, sizeBytes);
  }
  for (const file of snapshot.files) {
    const path = `${table.root}/${file.path}`;
    const foundBytes = sizes.get(path);
    if (foundBytes === undefined) {
      throw otherFile(path, 'is missing');
    }
    if (foundBytes !== file.sizeBytes) {
      throw otherFile(path);
    }
  }
}

async function tableRows(context: LakeContext, name: TableName): Promise<string> {
  const table = listTables(context.tables).find((each) => each.name === name);
  if (table === undefined) {
    throw new Error(`no table ${name}`);
  }
  return await context.recountSession.tableRows(table, await loadTable(context, table));
}
