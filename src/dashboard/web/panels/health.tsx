import { nameOf } from '../../names.ts';
import type { Definition, Health } from '../../view.ts';
import { BarTable } from '../charts/bar-table.tsx';
import {
  formatCount,
  formatCountOf,
  formatInstant,
  formatRate,
  formatShort,
  rate,
} from '../format.ts';
import { Panel } from '../panel.tsx';

interface HealthProps {
  health: Health;
  definitions: Definition[];
}

export function HealthPanel({ health, definitions }: HealthProps) {
  const rejected = health.quarantined.reduce((sum, { lines }) => sum + lines, 0);
  const facts: [string, string][] = [
    ['Last event', formatInstant(health.lastEventAt)],
    ['Last change of Gold', formatInstant(health.lastRunAt)],
    [
      'Gold',
      health.isGoldCurrent
        ? 'up to date with Silver'
        : 'out of date, by new events or changed settings: clicklake run',
    ],
    [
      'Waiting',
      health.waitingFiles === 0
        ? 'nothing'
        : `${formatCountOf(health.waitingFiles, 'file')}: clicklake run`,
    ],
  ];
  const outcomes: [string, number][] = [
    ['valid', health.valid],
    ['duplicates', health.duplicates],
    ['ignored by the mapping', health.ignored],
    ['quarantined', rejected],
  ];
  return (
    <Panel
      title="Health of the lake"
      id="health"
      wide
      definitions={definitions}
      meaning={{
        text: 'Every line received is valid, a duplicate, ignored by the mapping of its source, or in quarantine with a reason. Whole lake, not filtered.',
        columns: ['silver_quarantine.reason', 'bronze_files.line_count'],
      }}
      table={() => ({
        columns: ['outcome', 'lines'],
        rows: [['received', health.lines], ...outcomes],
      })}
    >
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <BarTable
        caption="Lines by outcome"
        columns={[`${formatCountOf(health.lines, 'line')} received`, 'Lines', 'Share']}
        bars={outcomes.map(([name, value]) => ({
          name,
          value,
          cells: [formatCount(value), formatRate(rate(value, health.lines))],
        }))}
      />
    </Panel>
  );
}

export function Sources({ health: { sources }, definitions }: HealthProps) {
  return (
    <Panel
      title="Sources"
      id="sources"
      wide
      definitions={definitions}
      meaning={{
        text: 'Sources with their lines, their last delivery, and the share of lines in quarantine.',
        columns: ['bronze_files.source', 'bronze_files.line_count', 'bronze_files.received_at'],
      }}
      table={() => ({
        columns: ['source', 'files', 'lines', 'quarantined', 'last_received_at'],
        rows: sources.map((each) => [
          ...[each.source, each.files, each.lines, each.quarantined, each.lastReceivedAt],
        ]),
      })}
    >
      <BarTable
        caption="Sources"
        texts={['Last received']}
        columns={['Source', 'Files', 'Lines', 'Quarantined', 'Share', 'Last received']}
        bars={sources.map((each) => ({
          name: each.source,
          value: each.lines,
          cells: [
            formatCount(each.files),
            formatCount(each.lines),
            formatCount(each.quarantined),
            formatRate(rate(each.quarantined, each.lines)),
            formatInstant(each.lastReceivedAt),
          ],
        }))}
      />
    </Panel>
  );
}

export function Reasons({ health: { reasons }, definitions }: HealthProps) {
  return (
    <Panel
      title="Quarantine"
      id="quarantine"
      wide
      definitions={definitions}
      meaning={{
        text: 'Lines in quarantine by reason and source, at most 100 rows. clicklake quarantine list shows the lines.',
        columns: ['silver_quarantine.reason', 'bronze_files.source'],
      }}
      table={() => ({
        columns: ['reason', 'source', 'lines', 'last_received_at'],
        rows: reasons.map((each) => [each.reason, each.source, each.lines, each.lastReceivedAt]),
      })}
    >
      <BarTable
        caption="Lines in quarantine by reason and source"
        isLimited
        texts={['Source', 'Last received']}
        columns={['Reason', 'Source', 'Lines', 'Last received']}
        bars={reasons.map(({ reason, source, lines, lastReceivedAt }) => ({
          id: JSON.stringify([reason, source]),
          name: reason,
          value: lines,
          cells: [nameOf(source), formatCount(lines), formatInstant(lastReceivedAt)],
        }))}
      />
    </Panel>
  );
}

export function Arrivals({ health: { arrivals }, definitions }: HealthProps) {
  return (
    <Panel
      title="Arrivals"
      id="arrivals"
      definitions={definitions}
      meaning={{
        text: 'Files and lines received by day (UTC), for the last 60 days with a file.',
        columns: ['bronze_files.received_at', 'bronze_files.line_count'],
      }}
      table={() => ({
        columns: ['date', 'files', 'lines', 'quarantined'],
        rows: arrivals.map(({ date, files, lines, quarantined }) => [
          ...[date, files, lines, quarantined],
        ]),
      })}
    >
      <BarTable
        caption="Lines by the day they were received"
        isLimited
        columns={['Day', 'Files', 'Lines', 'Quarantined']}
        bars={arrivals.map(({ date, files, lines, quarantined }) => ({
          name: date,
          value: lines,
          cells: [formatCount(files), formatCount(lines), formatCount(quarantined)],
        }))}
      />
    </Panel>
  );
}

export function Tables({ health: { tables }, definitions }: HealthProps) {
  return (
    <Panel
      title="Tables"
      id="tables"
      definitions={definitions}
      meaning={{
        text: 'The tables of the lake: their rows, their files and when they last changed.',
      }}
      table={() => ({
        columns: ['table', 'version', 'rows', 'files', 'size_bytes', 'last_modified_at'],
        rows: tables.map((each) => [
          ...[each.table, each.version, each.rows, each.files],
          ...[each.sizeBytes, each.lastModifiedAt],
        ]),
      })}
    >
      <BarTable
        caption="Tables of the lake"
        isLimited
        texts={['Last change']}
        columns={['Table', 'Rows', 'Files', 'Bytes', 'Last change']}
        bars={tables.map((each) => ({
          name: each.table,
          value: each.rows,
          cells: [
            ...[formatCount(each.rows), formatCount(each.files), formatShort(each.sizeBytes)],
            formatInstant(each.lastModifiedAt),
          ],
        }))}
      />
    </Panel>
  );
}

export function Batches({ health: { batches }, definitions }: HealthProps) {
  return (
    <Panel
      title="Runs"
      id="batches"
      wide
      definitions={definitions}
      meaning={{
        text: 'Outcomes of the lines in the last 50 batches. A large run has several batches.',
      }}
      table={() => ({
        columns: [
          ...['committed_at', 'files', 'lines', 'valid', 'duplicates', 'ignored', 'quarantined'],
          'writer',
        ],
        rows: batches.map((each) => [
          ...[each.committedAt, each.files, each.lines, each.valid, each.duplicates],
          ...[each.ignored, each.quarantined, each.writer],
        ]),
      })}
    >
      <BarTable
        caption="Lines of the last runs"
        isLimited
        texts={['By']}
        columns={[
          ...['Written', 'Files', 'Lines', 'Valid', 'Duplicates', 'Ignored', 'Quarantined'],
          'By',
        ]}
        bars={batches.map((each, index) => ({
          id: `${each.committedAt} ${index}`,
          name: formatInstant(each.committedAt),
          value: each.lines,
          cells: [
            each.files === null ? '–' : formatCount(each.files),
            ...[each.lines, each.valid, each.duplicates, each.ignored].map(formatCount),
            ...[formatCount(each.quarantined), each.writer],
          ],
        }))}
      />
    </Panel>
  );
}

/** Nothing where no model of the user's own has a check. */
export function Checks({ health: { checks }, definitions }: HealthProps) {
  if (checks.length === 0) {
    return null;
  }
  const failed = checks.filter(({ failedRows }) => failedRows > 0).length;
  return (
    <Panel
      title="Checks"
      id="checks"
      wide
      definitions={definitions}
      meaning={{
        text: 'The checks of your own models on the current tables. A failed check of level fail gives a run exit code 4; level warn is only reported.',
      }}
      table={() => ({
        columns: ['table', 'check', 'level', 'failed_rows'],
        rows: checks.map((each) => [each.table, each.condition, each.level, each.failedRows]),
      })}
    >
      <p>
        {failed === 0
          ? `All ${checks.length} hold.`
          : `${failed} of ${checks.length} ${failed === 1 ? 'does' : 'do'} not hold.`}
      </p>
      <BarTable
        caption="Checks of your own models"
        texts={['Table', 'Level']}
        columns={['Check', 'Table', 'Level', 'Rows against it']}
        bars={checks.map((each, index) => ({
          id: `${each.table} ${index}`,
          name: each.condition,
          value: each.failedRows,
          cells: [each.table, each.level, formatCount(each.failedRows)],
        }))}
      />
    </Panel>
  );
}
