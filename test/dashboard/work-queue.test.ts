import { setMaxListeners } from 'node:events';
import { expect, it } from 'vitest';
import { keepAnswers } from '../../src/dashboard/server/kept-answers.ts';
import { openWorkQueue } from '../../src/dashboard/server/work-queue.ts';

const staying = new AbortController().signal;
setMaxListeners(0, staying);

/** Work that ends when it is told to; `log` says what has begun. */
function openGate() {
  const log: string[] = [];
  const opens = new Map<string, () => void>();
  return {
    log,
    open: (name: string) => opens.get(name)?.(),
    work: (name: string) => async (signal: AbortSignal) => {
      log.push(name);
      await new Promise<void>((done) => opens.set(name, done));
      signal.throwIfAborted();
      return `answer to ${name}`;
    },
  };
}

it('does one piece of work at a time, in the order of asking', async () => {
  const ask = openWorkQueue().questions<string>();
  const gate = openGate();
  const answers = ['a', 'b'].map((name) => ask(name, staying, gate.work(name)));
  await expect.poll(() => gate.log).toEqual(['a']);
  gate.open('a');
  expect(await answers[0]).toBe('answer to a');
  await expect.poll(() => gate.log).toEqual(['a', 'b']);
  gate.open('b');
  expect(await answers[1]).toBe('answer to b');
});

it('does the work of one question once, and again when it is asked again afterwards', async () => {
  const ask = openWorkQueue().questions<string>();
  const gate = openGate();
  const answers = Array.from({ length: 50 }, () => ask('a', staying, gate.work('a')));
  await expect.poll(() => gate.log).toEqual(['a']);
  answers.push(ask('a', staying, gate.work('a')));
  gate.open('a');
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['answer to a']));
  const again = ask('a', staying, gate.work('a'));
  await expect.poll(() => gate.log).toEqual(['a', 'a']);
  gate.open('a');
  await again;
});

it('drops waiting work that nobody wants any more, and does what somebody still wants', async () => {
  const ask = openWorkQueue().questions<string>();
  const gate = openGate();
  const leaving = new AbortController();
  const first = ask('first', staying, gate.work('first'));
  const left = [
    ask('dropped', leaving.signal, gate.work('dropped')),
    ask('wanted', leaving.signal, gate.work('wanted')),
  ];
  const wanted = ask('wanted', staying, gate.work('wanted'));
  leaving.abort();
  expect((await Promise.allSettled(left)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ]);
  gate.open('first');
  await first;
  await expect.poll(() => gate.log).toEqual(['first', 'wanted']);
  gate.open('wanted');
  expect(await wanted).toBe('answer to wanted');
});

it('tells running work that nobody wants it, and begins anew for who asks then', async () => {
  const ask = openWorkQueue().questions<string>();
  const gate = openGate();
  const leaving = new AbortController();
  let told: AbortSignal | undefined;
  const left = ask('a', leaving.signal, (signal) => {
    told = signal;
    return gate.work('a')(signal);
  });
  await expect.poll(() => gate.log).toEqual(['a']);
  leaving.abort();
  await expect(left).rejects.toBe(leaving.signal.reason);
  expect(told?.aborted).toBe(true);
  const anew = ask('a', staying, gate.work('a'));
  gate.open('a');
  await expect.poll(() => gate.log).toEqual(['a', 'a']);
  gate.open('a');
  expect(await anew).toBe('answer to a');
});

it('goes on after work that failed', async () => {
  const ask = openWorkQueue().questions<string>();
  await expect(ask('a', staying, () => Promise.reject(new Error('broken')))).rejects.toThrow(
    'broken',
  );
  expect(await ask('a', staying, async () => 'mended')).toBe('mended');
});

it('closes when what runs has ended, and drops what waits', async () => {
  const queue = openWorkQueue();
  const ask = queue.questions<string>();
  const gate = openGate();
  const answers = ['a', 'b'].map((name) => ask(name, staying, gate.work(name)));
  const ends = Promise.allSettled(answers);
  await expect.poll(() => gate.log).toEqual(['a']);
  let isClosed = false;
  const closed = queue.close().then(() => {
    isClosed = true;
  });
  await Promise.resolve();
  expect(isClosed).toBe(false);
  gate.open('a');
  await closed;
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(ask('c', staying, gate.work('c'))).rejects.toThrow(/abort/);
  expect(gate.log).toEqual(['a']);
});

it('keeps the answers of one version, those asked for last', async () => {
  const kept = keepAnswers<string>(2);
  const computed: string[] = [];
  const ask = (version: string, question: string) =>
    kept(version, question, async () => {
      computed.push(`${question}@${version}`);
      return question;
    });
  for (const question of ['a', 'b', 'a', 'c', 'a', 'b']) {
    await ask('1', question);
  }
  expect(computed).toEqual(['a@1', 'b@1', 'c@1', 'b@1']);
  await ask('2', 'b');
  await ask('1', 'b');
  expect(computed.slice(4)).toEqual(['b@2', 'b@1']);
});
