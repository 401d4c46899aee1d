/** Many requests at once, and requests that nobody waits for any more: what is computed is counted. */
import { Agent, type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LakePages, openLakePages } from '../../src/dashboard/server/lake-pages.ts';
import { type Dashboard, serveDashboard } from '../../src/dashboard/server/serve.ts';
import type { Health, Options, View } from '../../src/dashboard/view.ts';
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
/** How often tables have been read. */
let readCount = 0;
/** What reading everything waits for; the overview is read before. */
let allGate = Promise.resolve();
let errors: unknown[] = [];

beforeAll(async () => {
  lake = await openTestLake();
  await receiveSession('s1');
});
afterAll(() => lake[Symbol.asyncDispose]());

const start = async (address = 'a lake'): Promise<void> => {
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
  pages = await openLakePages(counted, address, () => now);
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
};

beforeEach(async () => {
  await start();
  await readAll();
  [begun, ended, statusCount, received, gone] = [0, 0, 0, 0, 0];
  [rowsGate, statusGate, errors] = [Promise.resolve(), Promise.resolve(), []];
  allGate = Promise.resolve();
});
afterEach(async () => {
  await dashboard.close();
  await pages.close();
  expect(errors).toEqual([]);
});

/** Until the newest version of the lake has been read. */
async function readAll(): Promise<string> {
  for (let known = ''; ; ) {
    const query = new URLSearchParams({ known });
    const { version, isComplete } = await pages.options(query, new AbortController().signal);
    if (isComplete && version === known) {
      return version;
    }
    known = version;
  }
}

async function receiveSession(id: string): Promise<void> {
  const event = {
    ...{ event_id: `${id}-1`, user_id: 'u1', session_id: id, event_type: 'page_view' },
    event_timestamp: '2026-01-05T10:00:00Z',
  };
  await lake.receive(`${id}.ndjson`, `${JSON.stringify(event)}\n`);
  await lake.lake.run({ fullRefresh: false });
}

/** The funnel is asked for in the midst of the overview, groups are its end. */
function countReader<Reader extends LakeReader>(reader: Reader): Reader {
  return {
    ...reader,
    async keep(results, types) {
      if (types !== undefined) {
        readCount += 1;
      }
      if (types !== undefined && 'page_channel_text' in types) {
        await allGate;
      }
      return await reader.keep(results, types);
    },
    async rows(sql) {
      if (sql.includes('page_funnel')) {
        begun += 1;
        await rowsGate;
      }
      if (sql.includes('GROUPING SETS')) {
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
  const last = askView('/api/view?grain=week');
  await expect.poll(() => received).toBe(61);
  open();
  expect((await last).totals.sessions).toBe(1);
  // Of the sixty the first was begun, and ended early.
  expect({ begun, ended }).toEqual({ begun: 2, ended: 1 });
});

it('computes fifty equal views once, asked at once or one after the other', async () => {
  const { gate, open } = closeGate();
  rowsGate = gate;
  const path = '/api/view?device=odd';
  const views = Array.from({ length: 50 }, () => askView(path));
  await expect.poll(() => received).toBe(50);
  open();
  const [first, ...others] = await Promise.all(views);
  for (const other of others) {
    expect(other).toEqual(first);
  }
  // The same choice in other words.
  for (const query of ['to=2026-01-05', 'unknown=1', 'to=2026-01-05&from=2026-01-05']) {
    expect(await askView(`${path}&${query}`)).toEqual(first);
  }
  expect(begun).toBe(1);
  await askView('/api/view?device=mobile');
  expect(begun).toBe(2);
});

it('computes a view again for another version of the lake, and its health as well', async () => {
  const health = async (): Promise<Health> =>
    JSON.parse((await ask(dashboard.address, '/api/health')).body) as Health;
  // The view of the overview was computed before it was asked for.
  const [before, healthBefore] = [await askView(), await health()];
  await health();
  expect([begun, statusCount]).toEqual([0, 1]);
  await receiveSession(`s${Number(before.totals.sessions) + 1}`);
  // Within two seconds the lake is not looked at again.
  now += 1999;
  expect(await askView()).toEqual(before);
  now += 1;
  await readAll();
  const after = await askView();
  expect(after.totals.sessions).toBe(Number(before.totals.sessions) + 1);
  expect(after.version).not.toBe(before.version);
  expect((await health()).lines).toBe(healthBefore.lines + 1);
  expect([begun, statusCount]).toEqual([1, 2]);
});

it('answers the overview before all of the lake is read, with the same numbers', async () => {
  await dashboard.close();
  await pages.close();
  const { gate, open } = closeGate();
  allGate = gate;
  await start();
  const options = async (query = ''): Promise<Options> =>
    JSON.parse((await ask(dashboard.address, `/api/options${query}`)).body) as Options;
  const early = await options();
  expect([early.isComplete, Object.keys(early.names)]).toEqual([false, ['device', 'country']]);
  const paths = ['', '?grain=week', '?grain=month'].map((query) => `/api/view${query}`);
  const first: View[] = [];
  for (const path of paths) {
    first.push(await askView(path));
  }
  const complete = options(`?known=${encodeURIComponent(early.version)}`);
  const later = Promise.all(
    ['?page=acquisition', '?channel=Direct', '?device='].map((query) =>
      askView(`/api/view${query}`),
    ),
  );
  open();
  expect((await complete).isComplete).toBe(true);
  expect((await later).map(({ totals }) => totals.sessions ?? null)).toEqual([
    null,
    expect.any(Number),
    expect.any(Number),
  ]);
  // Of a server whose first views nobody has asked for.
  await dashboard.close();
  await pages.close();
  await start();
  await readAll();
  for (const [index, path] of paths.entries()) {
    expect(await askView(path)).toEqual(first[index]);
  }
});

it.each([
  ['abfss://lake@account.dfs.core.windows.net/', 1],
  ['/lake', 2],
])('reads the tables of %s %i times', async (address, times) => {
  await dashboard.close();
  await pages.close();
  readCount = 0;
  await start(address);
  await readAll();
  expect((await askView()).totals.sessions).toBeGreaterThan(0);
  expect(readCount).toBe(times);
});

it('answers from the version before while a new one is read', async () => {
  const before = await askView();
  const { gate, open } = closeGate();
  allGate = gate;
  await receiveSession('while-reading');
  now += 2000;
  const polled = readAll();
  for (const query of ['', '?grain=month', '?page=acquisition']) {
    expect((await askView(`/api/view${query}`)).version).toBe(before.version);
  }
  expect((await askView('/api/view?grain=month')).totals.sessions).toBe(before.totals.sessions);
  open();
  const version = await polled;
  const after = await askView();
  expect([after.version, after.totals.sessions]).toEqual([
    version,
    Number(before.totals.sessions) + 1,
  ]);
  expect(version).not.toBe(before.version);
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
