import { describe, expect, it } from 'vitest';
import { ClicklakeError } from '../../src/errors.ts';
import { type Check, failed, ok, runChecks, skipped } from '../../src/lake/check-list.ts';

type State = { calls: string[] };

function check(name: string, needs: string[], run: Check<State>['run']): Check<State> {
  return {
    ...{ name, needs },
    run(state) {
      state.calls.push(name);
      return run(state);
    },
  };
}

describe('checks', () => {
  it('are skipped where one that they need has failed or was skipped', async () => {
    const state: State = { calls: [] };
    const checks = [
      check('server', [], async () => ok('there')),
      check('access', ['server'], async () => {
        throw new ClicklakeError('access_refused', 'no', { hint: 'ask' });
      }),
      check('catalog', ['server'], async () => skipped('none is set')),
      check('run', ['server', 'access'], async () => ok('done')),
      check('names', ['catalog'], async () => ok('done')),
      check('hashes', ['run'], async () => ok('done')),
    ];
    const started: string[] = [];
    const onStart = (name: string) => started.push(name);
    const findings = await runChecks(checks, state, { onStart, signal: undefined });
    expect(findings.map(({ durationMs: _, ...found }) => found)).toEqual([
      { check: 'server', outcome: 'ok', detail: 'there' },
      { check: 'access', outcome: 'failed', detail: 'no', hint: 'ask' },
      { check: 'catalog', outcome: 'skipped', detail: 'none is set' },
      { check: 'run', outcome: 'skipped', detail: 'needs: access' },
      { check: 'names', outcome: 'skipped', detail: 'needs: catalog' },
      { check: 'hashes', outcome: 'skipped', detail: 'needs: run' },
    ]);
    expect(state.calls).toEqual(['server', 'access', 'catalog']);
    expect(started).toEqual(state.calls);
  });

  it('may find several things, of which one that failed counts', async () => {
    const checks = [
      check('tables', [], async () => [
        { check: 'sessions', ...ok('same') },
        { check: 'users', ...failed('other rows') },
      ]),
      check('report', ['tables'], async () => ok('done')),
    ];
    const options = { onStart: () => {}, signal: undefined };
    const findings = await runChecks(checks, { calls: [] }, options);
    expect(findings.map(({ check, outcome }) => [check, outcome])).toEqual([
      ['sessions', 'ok'],
      ['users', 'failed'],
      ['report', 'skipped'],
    ]);
  });

  it('report an unforeseen failure, and go on', async () => {
    const checks = [
      check('first', [], async () => {
        throw new TypeError('x is undefined');
      }),
      check('second', [], async () => ok('done')),
    ];
    const options = { onStart: () => {}, signal: undefined };
    const findings = await runChecks(checks, { calls: [] }, options);
    expect(findings.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ['failed', 'x is undefined'],
      ['ok', 'done'],
    ]);
  });

  it('end at an interruption', async () => {
    const aborted = new AbortController();
    const state: State = { calls: [] };
    const checks = [
      check('first', [], async () => {
        aborted.abort();
        return ok('done');
      }),
      check('second', [], async () => ok('done')),
    ];
    await expect(
      runChecks(checks, state, { onStart: () => {}, signal: aborted.signal }),
    ).rejects.toThrow();
    expect(state.calls).toEqual(['first']);
  });
});
