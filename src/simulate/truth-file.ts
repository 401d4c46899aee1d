/** Writes `truth.json` day by day, so that a long simulation's truth never has to be in memory. */
import { type FileSink, openFileSink, TRUTH_FILE } from './landing.ts';
import type { Truth, TruthDay } from './truth.ts';

export interface TruthFile {
  addDays(days: readonly TruthDay[]): Promise<void>;
  /** Adds the rest and gives the file its name. */
  close(rest: Omit<Truth, 'format' | 'simulation' | 'days'>): Promise<void>;
  abandon(): void;
}

export async function openTruthFile(
  folder: string,
  simulation: Truth['simulation'],
): Promise<TruthFile> {
  const sink: FileSink = openFileSink(folder, TRUTH_FILE, false);
  const write = (text: string) => sink.write(Buffer.from(text));
  let separator = '\n';
  await write(`{"format":4,\n"simulation":${JSON.stringify(simulation)},\n"days":[`);
  return {
    async addDays(days) {
      for (const day of days) {
        await write(`${separator}${JSON.stringify(day)}`);
        separator = ',\n';
      }
    },
    async close({ identity, lines, ...counts }) {
      const known = identity === undefined ? {} : { identity };
      const parts = Object.entries({ ...counts, ...known, lines });
      const members = parts.map(([name, value]) => `"${name}":${JSON.stringify(value)}`);
      await write(`\n],\n${members.join(',\n')}}\n`);
      await sink.close();
    },
    abandon: () => sink.abandon(),
  };
}
