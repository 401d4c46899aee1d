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
import { openRecount, type Recount, type RecountInput } from './recount-state.ts';
import { finishDates, recountUsers } from './recount-users.ts';

export async function recountLake(input: RecountInput): Promise<Recount> {
  const state = openRecount(input);
  for (const fileIndex of state.files.keys()) await recountFile(state, fileIndex);
  input.onProgress?.(state.result.lines);
  for (let partition = 0; partition < state.eventStore.partitionCount; partition += 1) {
    settleDeliveries(state, partition);
    await breathe();
  }
  for (let partition = 0; partition < state.sessionStore.partitionCount; partition += 1) {
    recountSessions(state, partition);
    await breathe();
  }
  for (let partition = 0; partition < state.userStore.partitionCount; partition += 1) {
    recountUsers(state, partition);
    await breathe();
  }
  finishDates(state);
  return state.result;
}

/** Lets the process do other things between two partitions. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
