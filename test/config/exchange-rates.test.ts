import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExchangeRates } from '../../src/config/exchange-rates.ts';
import { loadSettings } from '../../src/config/load-settings.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-rates-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(text: string): Promise<string> {
  const path = join(folder, 'rates.csv');
  await writeFile(path, text);
  return path;
}

describe('a file of exchange rates', () => {
  it.each([
    ['with commas', 'date,currency,rate\n2026-01-01,SEK,0.0895\n\n2026-01-02,jpy,0.0061\n'],
    [
      'with semicolons, quotes, other columns, a byte order mark and CRLF',
      '\uFEFF"Currency";"Rate";"Date";"Source"\r\n"SEK";"0.0895";"2026-01-01";"bank"\r\nJPY;0.0061;2026-01-02;\r\n',
    ],
  ])('is read %s', async (_, text) => {
    expect(readExchangeRates(await file(text))).toEqual([
      { date: '2026-01-01', currency: 'SEK', rate: '0.0895' },
      { date: '2026-01-02', currency: 'JPY', rate: '0.0061' },
    ]);
  });

  it.each([
    ['', ':1: there is no column date'],
    ['date,currency\n', ':1: there is no column rate'],
    ['date,currency,rate\n2026-02-30,SEK,1\n', ':2: "2026-02-30" is not a date'],
    ['date,currency,rate\n2026-02-03,Krona,1\n', ':2: "KRONA" is not a currency code'],
    ['date,currency,rate\n2026-02-03,SEK,0\n', ':2: "0" is not a rate'],
    ['date,currency,rate\n2026-02-03,SEK,-1\n', ':2: "-1" is not a rate'],
    ['date;currency;rate\n2026-02-03;SEK;0,09\n', ':2: "0,09" is not a rate'],
    ['date,currency,rate\n2026-02-03,SEK,1\n2026-02-03,sek,2\n', ':3: a second rate for SEK'],
  ])('is refused where it is wrong: %j', async (text, message) => {
    const path = await file(text);
    expect(() => readExchangeRates(path)).toThrow(`${path}${message}`);
  });

  it('must be there', () => {
    expect(() => readExchangeRates(join(folder, 'none.csv'))).toThrow('there is no such file');
  });
});

describe('the settings of money', () => {
  const load = (text: string) =>
    writeFile(join(folder, 'clicklake.yaml'), text).then(() =>
      loadSettings({
        cwd: folder,
        env: {},
        machine: { memoryBytes: 8e9, threads: 2, homeDir: folder },
      }),
    );

  it('name a file beside the configuration', async () => {
    await file('date,currency,rate\n2026-01-01,SEK,0.09\n');
    const { money } = await load('money: { currency: eur, assume: SEK, rates: rates.csv }\n');
    expect(money).toEqual({
      currency: 'EUR',
      assume: 'SEK',
      rates: [{ date: '2026-01-01', currency: 'SEK', rate: '0.09' }],
    });
  });

  it.each([
    ['money: { currency: EURO }', 'the code of a currency, such as EUR'],
    ['money: { currency: XYZ }', 'the code of a currency, such as EUR'],
    ['money: { rates: rates.csv }', 'money.rates is set, but not money.currency'],
  ])('are refused: %s', async (text, message) => {
    await expect(load(text)).rejects.toThrow(message);
  });
});
