import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { ClicklakeError } from '../errors.ts';
import type { Finding } from '../lake/check-list.ts';
import type { SparkCheckReport } from '../lake/check-spark.ts';
import type { Cli } from './cli.ts';
import { formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

/** Enough for a row in every table, few enough for a minute on a busy Spark. */
const EVENTS = 400;
/** Long enough for goods to be returned. */
const DAYS = 14;
const FILES = 3;
const ORDERS = { form: 'lines', reloads: 0.3, refunds: 0.5 } as const;
/** Devices that log in on the way, so that there are identities. */
const SENDER = { identity: 'anonymous' } as const;

export function registerDatabricksCheck(databricks: Command, cli: Cli): void {
  databricks
    .command('check')
    .summary('check that the pipeline can run on the configured Spark')
    .description(
      'Tries on the configured Spark, a Databricks workspace or any other, what a run relies on: connection, settings, access to the lake, exactly-once writing, and a small run whose tables are compared with those of DuckDB. It writes only to a scratch folder in _work of the lake, and removes it. The output contains no credentials: if a check fails, please send it along.',
    )
    .addHelpText(
      'after',
      examples([
        ['clicklake databricks check', ''],
        ['clicklake databricks check --spark-url sc://localhost:15002', 'any other Spark'],
        ['clicklake databricks check --json > check.json', 'to send'],
      ]),
    )
    .action(async (_options: object, command: Command) => {
      const output = cli.output(command);
      const settings = await cli.settings(command);
      const { checkSpark } = await import('../lake/check-spark.ts');
      const report = await checkSpark(settings, {
        writeEvents: (folder) => writeEvents(folder, cli.signal),
        onStart: (check) => output.progress.show(check, () => check),
        signal: cli.signal,
        env: cli.io.env,
      });
      await output.report(report, () => renderReport(report, output.style));
      refuseFailures(report);
    });
}

async function writeEvents(folder: string, signal: AbortSignal): Promise<string[]> {
  const { simulate } = await import('../simulate/simulate.ts');
  await simulate(
    {
      out: folder,
      events: EVENTS,
      days: DAYS,
      files: FILES,
      profile: { orders: ORDERS },
      sender: SENDER,
    },
    () => {},
    { nowMs: Date.now, signal },
  );
  const names = await readdir(folder);
  return names.filter((name) => name !== 'truth.json').map((name) => join(folder, name));
}

function renderReport(report: SparkCheckReport, style: Style): string[] {
  const { clicklake, node, server, lake, findings, failedCount } = report;
  const rows = findings.map(({ check, outcome, detail }) => [check, outcome, detail]);
  const hints = findings.flatMap(({ check, hint }) =>
    hint === undefined ? [] : [`${check}: ${hint}`],
  );
  return [
    `Clicklake ${clicklake}, Node ${node}, ${process.platform}; ${server}; ${lake}`,
    ...renderTable([{ title: 'check' }, { title: 'result' }, { title: 'found' }], rows, {
      paintTitle: style.bold,
    }),
    ...(hints.length === 0 ? [] : ['', 'what to do:', ...hints.map((hint) => `  ${hint}`)]),
    failedCount === 0
      ? style.green(`nothing failed, ${countOf(findings, 'skipped')} skipped`)
      : style.red(`${formatQuantity(failedCount, 'check')} failed`),
  ];
}

function countOf(findings: readonly Finding[], wanted: Finding['outcome']): number {
  return findings.filter(({ outcome }) => outcome === wanted).length;
}

function refuseFailures({ findings, failedCount }: SparkCheckReport): void {
  const first = findings.find(({ outcome }) => outcome === 'failed');
  if (first === undefined) {
    return;
  }
  const more = failedCount === 1 ? '' : `; and ${failedCount - 1} more`;
  throw new ClicklakeError('check_failed', `${first.check}: ${first.detail}${more}`, {
    hint: first.hint ?? 'send the output of this command along with a report of the problem',
  });
}
