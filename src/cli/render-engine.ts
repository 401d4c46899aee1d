import type { EngineChoice, RunReport } from '../pipeline/reports.ts';
import { formatBytes } from './format.ts';

/** Which engine a run used, or would use, and why it was chosen. */
export function renderEngine({
  engine,
  engineChoice,
}: Pick<RunReport, 'engine' | 'engineChoice'>): string {
  return engineChoice === undefined
    ? `engine ${engine}`
    : `engine ${engine} (auto: ${renderChoice(engineChoice)})`;
}

function renderChoice({ why, runBytes, sparkFromBytes }: EngineChoice): string {
  switch (why) {
    case 'size':
      return `a run of ${formatBytes(runBytes)}, Spark's from ${formatBytes(sparkFromBytes)}`;
    case 'new table':
      return 'it registers a new table';
    case 'begun batch':
      return 'it finishes a batch too large for DuckDB';
    case 'table feature':
      return 'it writes a table feature that DuckDB does not';
  }
}
