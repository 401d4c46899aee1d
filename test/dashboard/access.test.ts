import { describe, expect, it } from 'vitest';
import { refusalOf, tokenCookie } from '../../src/dashboard/server/access.ts';

const TOKEN = 'A secret';
const PATHS = ['/', '/app.js', '/api/view', '/api/options', '/api/health', '/none', '/?token='];

function statusOf(path: string, headers: Record<string, string>): number | undefined {
  const request = { headers: { host: 'shop.example:8080', ...headers } };
  const access = { host: '0.0.0.0', token: TOKEN };
  return refusalOf(access, request, new URL(`http://dashboard${path}`))?.status;
}

/** A token as it can be sent. */
const WAYS: [string, (token: string) => number | undefined][] = [
  ['in the address', (token) => statusOf(`/api/view?token=${encodeURIComponent(token)}`, {})],
  ['as a bearer', (token) => statusOf('/api/view', { authorization: `Bearer ${token}` })],
  ['in the cookie', (token) => statusOf('/api/view', { cookie: tokenCookie(token) })],
];

describe.each(WAYS)('a token that is sent %s', (_how, send) => {
  it('opens when it is the right one', () => {
    expect(send(TOKEN)).toBeUndefined();
  });

  it.each([
    ['', 'is empty'],
    ['A secre', 'lacks the last letter'],
    ['A secret!', 'has one letter more'],
    ['a secret', 'differs in case'],
    ['A secret ', 'has a blank behind it'],
    ['A  secret', 'has another blank'],
    ['A%20secret', 'is encoded twice'],
  ])('does not open as %j, which %s', (token) => {
    expect(send(token)).toBe(401);
  });
});

it.each(PATHS)('%s is not opened without a token', (path) => {
  expect(statusOf(path, {})).toBe(401);
  expect(statusOf(path, { 'sec-fetch-site': 'same-origin' })).toBe(401);
});

it.each(['cross-site', 'same-site'])(
  'the token does not open the numbers to pages of %s',
  (site) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'sec-fetch-site': site };
    expect(statusOf('/api/view', headers)).toBe(403);
  },
);
