/**
 * Counts a lake again from its Bronze files, in plain code: every line is judged, every table's rows
 * are made, and only their totals are kept (`TableTotals`).
 *
 * Four passes, each over partitions small enough for memory; what does not fit waits in files:
 *   1. lines, in the order received     -> judged; valid events by event_id
 *   2. deliveries of one event_id       -> silver_events, duplicates, conflicts; events by session_id
 *   3. events of one session            -> sessions and counts per date; by user_id
 *   4. sessions and event groups of one user -> gold_sessions, gold_users; then the rest of Gold
 */
import { settleDeliveries } from './recount-events.ts';
import { recountFile } from './recount-lines.ts';
import { recountSessions } from './recount-sessions.ts';
import {
  openRecount,
  type Recount,
  type RecountInput,
  type RecountState,
} from './recount-state.ts';
import { finishDates, recountUsers } from './recount-users.ts';

/** Throws what `onProgress` throws, which is called between any two pieces of work. */
export async function recountLake(input: RecountInput): Promise<Recount> {
  const state = openRecount(input);
  for (const fileIndex of state.files.keys()) await recountFile(state, fileIndex);
  await settle(state);
  return state.result;
}

/** Passes 2 to 4. They take about as long as the first: each partition moves the progress a bit. */
async function settle(state: RecountState): Promise<void> {
  const { lines } = state.result;
  const { partitionCount } = state.eventStore;
  const passes = [settleDeliveries, recountSessions, recountUsers];
  for (const [index, pass] of passes.entries()) {
    for (let partition = 0; partition < partitionCount; partition += 1) {
      pass(state, partition);
      const partitionsDone = index * partitionCount + partition + 1;
      const share = partitionsDone / (passes.length * partitionCount);
      state.input.onProgress?.(Math.round((lines * (1 + share)) / 2));
      await breathe();
    }
  }
  finishDates(state);
}

/** Lets the process do other things between two partitions. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
