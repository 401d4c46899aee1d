/** The simulated shop ready to be visited: its profile and catalogue as tables to draw from. */
import { type Catalogue, createCatalogue } from './catalogue.ts';
import { type Currencies, openCurrencies } from './currencies.ts';
import { deriveKey } from './hash.ts';
import {
  prepareChoice,
  type QuantileTable,
  tabulateQuantiles,
  type WeightedChoice,
} from './numeric.ts';
import { DAY_MS, HOUR_MS } from './options.ts';
import type { ShopProfile } from './profile.ts';
import { tabulateTransitions } from './transitions.ts';

export interface Shop {
  readonly profile: ShopProfile;
  readonly catalogue: Catalogue;
  readonly currencies: Currencies;
  /** The two key words every stream of random numbers starts from. */
  readonly keyA: number;
  readonly keyB: number;
  /** Known devices and countries; the index after the last one stands for unknown (null). */
  readonly deviceCount: number;
  readonly countryCount: number;
  readonly deviceChoice: WeightedChoice;
  readonly countryChoice: WeightedChoice;
  /** Milliseconds since local midnight at which visits begin. */
  readonly timeOfDay: QuantileTable;
  /** Local time minus UTC by country; the unknown country has UTC. */
  readonly utcOffsetMs: Int32Array;
  /** See `tabulateTransitions`. */
  readonly transitions: Float64Array;
}

export function openShop(profile: ShopProfile, seed: number): Shop {
  const keyA = deriveKey(seed | 0, 1);
  const keyB = deriveKey(seed | 0, 2);
  const { devices, countries } = profile;
  const catalogue = createCatalogue(deriveKey(seed | 0, 3), profile.products);
  return {
    profile,
    catalogue,
    currencies: openCurrencies(profile, deriveKey(seed | 0, 5), catalogue.priceCents),
    keyA,
    keyB,
    deviceCount: devices.length,
    countryCount: countries.length,
    deviceChoice: prepareChoice(devices.map((device) => device.share)),
    countryChoice: prepareChoice(countries.map((country) => country.share)),
    timeOfDay: tabulateQuantiles(timeOfDayQuantile(profile.hours)),
    utcOffsetMs: Int32Array.from([
      ...countries.map((country) => Math.round(country.utc_offset_hours * HOUR_MS)),
      0,
    ]),
    transitions: tabulateTransitions(
      [...devices.map((device) => device.conversion), 1],
      [...countries.map((country) => country.conversion), 1],
    ),
  };
}

/** The inverse of a distribution that is even within each hour. */
function timeOfDayQuantile(hours: readonly number[]): (p: number) => number {
  const total = hours.reduce((sum, weight) => sum + weight, 0);
  return (p) => {
    let rest = p * total;
    let hour = 0;
    while (hour < 23 && rest > hours[hour]!) {
      rest -= hours[hour]!;
      hour++;
    }
    return Math.min(Math.floor((hour + rest / hours[hour]!) * HOUR_MS), DAY_MS - 1);
  };
}
