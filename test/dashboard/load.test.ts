/** Many requests at once, and requests that nobody waits for any more: what is computed is counted. */
import { Agent, type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LakePages, openLakePages } from '../../src/dashboard/server/lake-pages.ts';
import { type Dashboard, serveDashboard } from '../../src/dashboard/server/serve.ts';
import type { Health, View } from '../../src/dashboard/view.ts';
import type { LakeReader } from '../../src/pipeline/reader.ts';
import { openTestLake, type TestLake } from '../pipeline/lake-support.ts';
import { ask } from './ask.ts';

let lake: TestLake;
let pages: LakePages;
let dashboard: Dashboard;
let now = 0;
/** One for each view that was begun, and one for each that was computed to its end. */
let begun = 0;
let ended = 0;
let statusCount = 0;
/** Requests for views that have reached the server, and those whose connection has closed. */
let received = 0;
let gone = 0;
/** What the lake's answers wait for. */
let rowsGate = Promise.resolve();
let statusGate = Promise.resolve();
let errors: unknown[] = [];

beforeAll(async () => {
  lake = await openTestLake();
  await receiveSession('s1');
});
afterAll(() => lake[Symbol.asyncDispose]());

beforeEach(async () => {
  const counted = {
    reader: async () => countReader(await lake.lake.reader()),
    status: async () => {
      statusCount += 1;
      await statusGate;
      return await lake.lake.status();
    },
    sessionEvents: lake.lake.sessionEvents,
    purchaseFacts: () => lake.lake.purchaseFacts(),
    listBatches: () => lake.lake.listBatches(),
    checkOwnTables: () => lake.lake.checkOwnTables(),
    query: (sql: string) => lake.lake.query(sql),
  };
  pages = await openLakePages(counted, 'a lake', () => now);
  const noticed: LakePages = {
    ...pages,
    view(query, asker) {
      received += 1;
      asker.addEventListener('abort', () => {
        gone += 1;
      });
      return pages.view(query, asker);
    },
  };
  dashboard = await serveDashboard(
    noticed,
    { host: '127.0.0.1' },
    { port: 0, onError: (error) => errors.push(error) },
  );
  await pages.options(new AbortController().signal);
  [begun, ended, statusCount, received, gone] = [0, 0, 0, 0, 0];
  [rowsGate, statusGate, errors] = [Promise.resolve(), Promise.resolve(), []];
});
afterEach(async () => {
  await dashboard.close();
  await pages.close();
  expect(errors).toEqual([]);
});

async function receiveSession(id: string): Promise<void> {
  const event = {
    ...{ event_id: `${id}-1`, user_id: 'u1', session_id: id, event_type: 'page_view' },
    event_timestamp: '2026-01-05T10:00:00Z',
  };
  await lake.receive(`${id}.ndjson`, `${JSON.stringify(event)}\n`);
  await lake.lake.run({ fullRefresh: false });
}

/** The funnel is asked for in the midst of the overview, new and returning visitors are its end. */
function countReader(reader: LakeReader): LakeReader {
  return {
    ...reader,
    keep: (results, types) => reader.keep(results, types),
    async rows(sql) {
      if (sql.includes('page_funnel')) {
        begun += 1;
        await rowsGate;
      }
      if (sql.includes('GROUP BY visitor')) {
        ended += 1;
      }
      return await reader.rows(sql);
    },
  };
}

function closeGate(): { gate: Promise<void>; open: () => void } {
  let open = (): void => {};
  const gate = new Promise<void>((done) => {
    open = done;
  });
  return { gate, open };
}

function send(path: string, agent?: Agent): ClientRequest {
  const sent = request(new URL(path, dashboard.address), agent === undefined ? {} : { agent });
  sent.on('error', () => {});
  sent.end();
  return sent;
}

const viewPath = (index: number): string =>
  `/api/view?from=2026-01-05&to=2026-01-05&device=d${index}`;

async function askView(path = '/api/view'): Promise<View> {
  return JSON.parse((await ask(dashboard.address, path)).body) as View;
}

it('does not compute sixty views that a browser has dropped', async () => {
  const { gate, open } = closeGate();
  rowsGate = gate;
  const dropped = Array.from({ length: 60 }, (_, index) => send(viewPath(index)));
  await expect.poll(() => [received, begun]).toEqual([60, 1]);
  for (const sent of dropped) {
    sent.destroy();
  }
  await expect.poll(() => gone).toBe(60);
  const last = askView();
  await expect.poll(() => received).toBe(61);
  open();
  expect((await last).totals.sessions).toBe(1);
  // Of the sixty the first was begun, and ended early.
  expect({ begun, ended }).toEqual({ begun: 2, ended: 1 });
});

it('computes fifty equal views once, asked at once or one after the other', async () => {
  const { gate, open } = closeGate();
  rowsGate = gate;
  const views = Array.from({ length: 50 }, () => askView());
  await expect.poll(() => received).toBe(50);
  open();
  const [first, ...others] = await Promise.all(views);
  for (const other of others) {
    expect(other).toEqual(first);
  }
  // The same choice in other words.
  for (const query of ['?to=2026-01-05', '?unknown=1', '?to=2026-01-05&from=2026-01-05']) {
    expect(await askView(`/api/view${query}`)).toEqual(first);
  }
  expect(begun).toBe(1);
  await askView('/api/view?device=mobile');
  expect(begun).toBe(2);
});

it('computes a view again for another version of the lake, and its health as well', async () => {
  const health = async (): Promise<Health> =>
    JSON.parse((await ask(dashboard.address, '/api/health')).body) as Health;
  const [before, healthBefore] = [await askView(), await health()];
  await health();
  expect([begun, statusCount]).toEqual([1, 1]);
  await receiveSession(`s${Number(before.totals.sessions) + 1}`);
  // Within two seconds the lake is not looked at again.
  now += 1999;
  expect(await askView()).toEqual(before);
  now += 1;
  const after = await askView();
  expect(after.totals.sessions).toBe(Number(before.totals.sessions) + 1);
  expect(after.version).not.toBe(before.version);
  expect((await health()).lines).toBe(healthBefore.lines + 1);
  expect([begun, statusCount]).toEqual([2, 2]);
});

it('answers figures while the health of the lake is being looked at', async () => {
  const { gate, open } = closeGate();
  statusGate = gate;
  const health = ask(dashboard.address, '/api/health');
  await expect.poll(() => statusCount).toBe(1);
  expect((await askView()).totals.sessions).toBeGreaterThan(0);
  expect((await ask(dashboard.address, '/api/options')).status).toBe(200);
  open();
  expect((await health).status).toBe(200);
});

it('tells of purchases what their sums leave open', async () => {
  const { body } = await ask(dashboard.address, '/api/health');
  expect((JSON.parse(body) as Health).purchases).toEqual({
    ...{ currencyCount: 0, currencies: [], convertedTo: null, unconverted: [] },
    ...{ orders: 0, suspiciousIds: [] },
  });
});

it('ends while questions wait, over connections that were kept, without an error', async () => {
  const { gate, open } = closeGate();
  rowsGate = gate;
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  for (let index = 0; index < 50; index += 1) {
    send(viewPath(index), agent);
  }
  await expect.poll(() => [received, begun]).toEqual([10, 1]);
  // One connection may carry several requests that nothing was answered to yet.
  const { port, hostname } = new URL(dashboard.address);
  const pipelined = connect(Number(port), hostname);
  pipelined.on('error', () => {});
  const head = (index: number): string =>
    `GET ${viewPath(index)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  pipelined.write(Array.from({ length: 20 }, (_, index) => head(50 + index)).join(''));
  await expect.poll(() => received).toBe(30);
  agent.destroy();
  await dashboard.close();
  const pagesClosed = pages.close();
  open();
  await pagesClosed;
  expect({ begun, ended }).toEqual({ begun: 1, ended: 0 });
  expect(gone).toBe(30);
});

it('goes on answering after the lake could not be read once', async () => {
  rowsGate = Promise.reject(new Error('the disk is gone'));
  rowsGate.catch(() => {});
  expect((await ask(dashboard.address, '/api/view?device=odd')).status).toBe(500);
  expect(errors.map(String)).toEqual(['Error: the disk is gone']);
  [rowsGate, errors] = [Promise.resolve(), []];
  expect((await ask(dashboard.address, '/api/view?device=odd')).status).toBe(200);
});
