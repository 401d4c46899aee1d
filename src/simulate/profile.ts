/** What the simulated shop is like: where its visitors come from, on what, when, how they buy. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isCurrency, isCurrencyCode } from '../contract/money.ts';
import { ClicklakeError } from '../errors.ts';

const shareList = <T extends z.ZodType>(entry: T) => z.array(entry).min(1);
const share = z.number().min(0).max(1);
const weight = z.number().positive().max(1_000_000);
const conversion = z.number().min(0).max(10);
const currencyCode = z
  .string()
  .refine(isCurrencyCode, 'must be three capital letters, as in EUR')
  .refine(isCurrency, 'is no currency');

const profileSchema = z.strictObject({
  /** ISO 4217 code of the currency of the prices. */
  currency: currencyCode,
  /** What one unit of another currency is worth in the shop's, about: it changes a little every week. */
  rates: z.record(currencyCode, z.number().min(0.000_1).max(10_000)),
  orders: z.strictObject({
    /** `lines`: an event for each product of an order. `items`: one event with a list of all. */
    form: z.enum(['lines', 'items']).default('lines'),
    /** Part of the orders whose last page is loaded again, so that the order is told of again. */
    reloads: share.default(0),
    /** Part of the orders that are refunded within twenty days, wholly or in part. */
    refunds: share.default(0),
  }),
  /** Size of the catalogue. */
  products: z.int().min(1).max(1_000_000),
  /** `share`: weight among visits; `conversion`: factor on the chance to buy, 1 is the average. */
  devices: shareList(
    z.strictObject({
      name: z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/),
      share: weight,
      conversion,
    }),
  ).max(7),
  countries: shareList(
    z.strictObject({
      code: z.string().regex(/^[A-Z]{2}$/, 'must be two capital letters, as in DE'),
      share: weight,
      conversion,
      /** Local time minus UTC; the daily rhythm is that of local time. */
      utc_offset_hours: z.number().min(-12).max(14),
      /** What its visitors pay in; the shop's currency where it is left out. */
      currency: currencyCode.optional(),
    }),
  ).max(200),
  /** Part of the visits that do not tell their device, and of the visitors without a country. */
  unknown_device_share: share,
  unknown_country_share: share,
  /** Weights of the 24 hours of the local day, midnight first, and of the weekdays, Monday first. */
  hours: z.array(weight).length(24),
  weekdays: z.array(weight).length(7),
});

export type ShopProfile = z.infer<typeof profileSchema>;

export const DEFAULT_PROFILE: ShopProfile = {
  currency: 'EUR',
  rates: {},
  orders: { form: 'lines', reloads: 0, refunds: 0 },
  products: 2_000,
  devices: [
    { name: 'mobile', share: 67, conversion: 0.82 },
    { name: 'desktop', share: 30, conversion: 1.4 },
    { name: 'tablet', share: 3, conversion: 1.15 },
  ],
  countries: [
    { code: 'DE', share: 26, conversion: 1.1, utc_offset_hours: 1 },
    { code: 'US', share: 18, conversion: 1.05, utc_offset_hours: -6 },
    { code: 'GB', share: 14, conversion: 1.1, utc_offset_hours: 0 },
    { code: 'FR', share: 12, conversion: 0.95, utc_offset_hours: 1 },
    { code: 'NL', share: 7, conversion: 1, utc_offset_hours: 1 },
    { code: 'ES', share: 6, conversion: 0.85, utc_offset_hours: 1 },
    { code: 'IT', share: 6, conversion: 0.8, utc_offset_hours: 1 },
    { code: 'AT', share: 5, conversion: 1.05, utc_offset_hours: 1 },
    { code: 'IN', share: 4, conversion: 0.6, utc_offset_hours: 5.5 },
    { code: 'BR', share: 2, conversion: 0.7, utc_offset_hours: -3 },
  ],
  unknown_device_share: 0.003,
  unknown_country_share: 0.006,
  hours: [
    14, 8, 5, 4, 4, 7, 14, 26, 38, 46, 52, 55, 56, 54, 53, 54, 57, 62, 70, 80, 86, 78, 54, 29,
  ],
  weekdays: [104, 100, 98, 97, 92, 98, 111],
};

/**
 * Reads a profile from a YAML or JSON file; what it leaves out is as in `DEFAULT_PROFILE`.
 * Throws `not_found` or `config_invalid`.
 */
export async function readProfile(path: string): Promise<ShopProfile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ClicklakeError('not_found', `the profile ${path} cannot be read`, {
      hint: 'give --profile the path of a YAML or JSON file',
      cause,
    });
  }
  // Loaded for those who give a profile; few do.
  const { parse } = await import('yaml');
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new ClicklakeError('config_invalid', `the profile ${path} is neither YAML nor JSON`, {
      hint: cause instanceof Error ? cause.message : 'look for the line that is not valid',
      cause,
    });
  }
  return checkProfile(content ?? {}, path);
}

/** Completes a partial profile from the defaults. Throws `config_invalid`, naming the setting. */
export function checkProfile(content: unknown, where: string): ShopProfile {
  const parsed = profileSchema.partial().safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const setting = issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new ClicklakeError('config_invalid', `profile ${where}${setting}: ${issue.message}`, {
      hint: 'docs/simulator.md lists the settings of a profile',
    });
  }
  const given = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  const profile: ShopProfile = { ...DEFAULT_PROFILE, ...Object.fromEntries(given) };
  refuseRepeats(
    profile.devices.map((device) => device.name),
    `profile ${where} at devices`,
  );
  refuseRepeats(
    profile.countries.map((country) => country.code),
    `profile ${where} at countries`,
  );
  const unpriced = profile.countries.find(
    ({ currency = profile.currency }) =>
      currency !== profile.currency && profile.rates[currency] === undefined,
  );
  if (unpriced !== undefined) {
    const { code, currency } = unpriced;
    throw new ClicklakeError(
      'config_invalid',
      `profile ${where} at rates: ${currency}, which visitors from ${code} pay in, is missing`,
      { hint: `add rates: { ${currency}: what one ${currency} is worth in ${profile.currency} }` },
    );
  }
  return profile;
}

function refuseRepeats(names: readonly string[], where: string): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new ClicklakeError('config_invalid', `${where}: ${repeated} is listed twice`, {
      hint: 'list each one once, with its whole share',
    });
  }
}
