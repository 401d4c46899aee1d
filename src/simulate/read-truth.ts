/** Reads `truth.json`, and refuses what is none with a sentence that says why. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ClicklakeError } from '../errors.ts';
import { EVENT_TYPES } from './events.ts';
import type { Truth } from './truth.ts';

const count = z.int().nonnegative();
const rate = z.number().nullable();
const name = z.string().nullable();
const date = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'must be a date as in 2026-01-01');
const countByDate = z.record(date, count);

const sessionTotals = z.object({
  sessions: count,
  eventCount: count,
  pageViewCount: count,
  productViewCount: count,
  addToCartCount: count,
  checkoutCount: count,
  purchaseCount: count,
  orderCount: count,
  productCount: count,
  revenueCents: count,
  durationMs: count,
  longestMs: count,
  sessionNumber: count,
  maxSessionNumber: count,
  bounces: count,
  engaged: count,
  withProductView: count,
  withAddToCart: count,
  withPurchase: count,
  abandoned: count,
  byFunnelStep: z.array(count).length(5),
});

const conversionRow = z.object({
  page_views: count,
  product_views: count,
  add_to_carts: count,
  checkouts: count,
  purchases: count,
  sessions: count,
  visitors: count,
  sessions_with_product_view: count,
  sessions_with_add_to_cart: count,
  sessions_with_purchase: count,
  sessions_with_cart_and_purchase: count,
  bounces: count,
  engaged_sessions: count,
  bot_sessions: count,
  bot_events: count,
  orders: count,
  revenue: z.string(),
  refunded: z.string(),
  product_view_rate: rate,
  add_to_cart_rate: rate,
  cart_to_purchase_rate: rate,
  conversion_rate: rate,
  cart_abandonment_rate: rate,
  bounce_rate: rate,
  engagement_rate: rate,
  average_order_value: rate,
  purchases_per_product_view: rate,
  purchases_per_add_to_cart: rate,
});

const orderTotals = z.object({
  orders: count,
  lines: count,
  quantity: count,
  deliveries: count,
  revenueCents: count,
  taxCents: count,
  shippingCents: count,
  discountCents: count,
  refundedCents: count,
});

const day = z.object({
  date,
  conversion_metrics: conversionRow,
  sessions: sessionTotals,
  orders: orderTotals,
  event_metrics: z.array(z.tuple([z.enum(EVENT_TYPES), name, name, count])),
  funnel: z.array(z.tuple([name, name, count, count, count, count, count])),
  channels: z.array(
    z.tuple([
      ...([z.string(), z.string(), z.string(), name] as const),
      ...([count, count, count, count, count, count, count] as const),
    ]),
  ),
  products: z.array(z.tuple([z.string(), count, count, count, count, count, name, name])),
});

const dirt = z.object({
  duplicates: z.number(),
  late: z.number(),
  outOfOrder: z.number(),
  malformed: z.number(),
  conflicts: z.number(),
  clockSkew: z.number(),
  bots: z.number(),
  extraFields: z.number(),
  spellings: z.number(),
  mixedSessions: z.number(),
  unreadableNumbers: z.number(),
});

const truthSchema = z.object({
  format: z.literal(4),
  simulation: z.object({
    seed: count,
    start: date,
    end: date,
    dirt,
    settings: z.record(z.string(), z.string()),
  }),
  days: z.array(day),
  sessions: sessionTotals.extend({ byNumber: z.array(count) }),
  users: z.object({
    users: count,
    buyers: count,
    sessionCount: count,
    eventCount: count,
    orderCount: count,
    revenueCents: count,
    bySessionCount: z.array(count),
    firstSeen: countByDate,
    lastSeen: countByDate,
  }),
  cohorts: z.array(z.tuple([date, date, z.string(), count, count, count, count])),
  rfm: z.array(z.tuple([z.string(), count, count, count])),
  events: z.object({
    events: count,
    byType: z.record(z.enum(EVENT_TYPES), count),
    unreadableNumbers: z.object({ price: count, quantity: count }),
  }),
  identity: z
    .object({
      identities: z.array(z.tuple([z.string(), name, z.int().nullable(), z.int(), z.int()])),
      visitors: z.array(z.tuple([z.string(), count, count])),
    })
    .optional(),
  lines: z.object({
    files: z.array(z.string()),
    received: count,
    duplicates: count,
    quarantined: z.record(z.string(), count),
  }),
}) satisfies z.ZodType<Truth>;

/** Throws `not_found` (no such file) or `config_invalid` (not a truth, or damaged). */
export async function readTruth(path: string): Promise<Truth> {
  const content = parseJson(await readText(path), path);
  const parsed = truthSchema.safeParse(content);
  if (parsed.success) {
    return parsed.data;
  }
  const format = (content as { format?: unknown } | null)?.format;
  if (format === undefined) {
    throw wrongFile(path, 'is JSON, but not the truth of a simulation');
  }
  if (format !== 4) {
    throw wrongFile(path, `has format ${JSON.stringify(format)}, and this version knows format 4`);
  }
  const issue = parsed.error.issues[0]!;
  throw wrongFile(path, `is damaged at ${issue.path.join('.')}: ${issue.message}`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ClicklakeError('not_found', `the truth ${path} cannot be read`, {
      hint: 'clicklake simulate writes it beside the files, as truth.json; give --truth its path',
      cause,
    });
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrongFile(path, 'is not JSON', cause);
  }
}

function wrongFile(path: string, why: string, cause?: unknown): ClicklakeError {
  return new ClicklakeError('config_invalid', `${path} ${why}`, {
    hint: 'give --truth the truth.json that clicklake simulate has written beside its files',
    cause,
  });
}
