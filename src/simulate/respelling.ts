/** The same content in other words: everything here must come out the same after cleaning. */
import { EVENT_TYPES, QUANTITY_OMITTED, QUANTITY_UNREADABLE } from './events.ts';
import { type Field, formatTimestamp, joinFields, type LineFacts } from './line-fields.ts';

/** A whole number from 0 to `count - 1`, fixed for the line and the purpose. */
export type LineRandom = (purpose: number, count: number) => number;

/** Spellings of each event type, in the order of `EVENT_TYPES`. */
const TYPE_SPELLINGS: readonly (readonly string[])[] = [
  ['PAGE_VIEW', 'Page Viewed', 'page', ' page_view'],
  ['view_item', 'Product Viewed', 'PRODUCT_VIEW', ' product_view ', 'View_Item'],
  ['view_search_results', 'Products Searched', 'Search', 'search\t'],
  ['Product Added', 'ADD_TO_CART', 'Add_To_Cart', 'add_to_cart\n'],
  ['Product Removed', 'REMOVE_FROM_CART', ' remove_from_cart'],
  ['begin_checkout', 'Checkout Started', 'CHECKOUT'],
  ['Order Completed', 'PURCHASE', 'Purchase '],
  ['Order Refunded', 'REFUND', ' refund'],
];

type Respelling = (line: LineFacts, random: LineRandom) => void;

const RESPELLINGS: readonly Respelling[] = [
  spellType,
  spellDeviceAndCountry,
  spellTimestamp,
  spellTimestamp,
  spellNumbers,
  tellIdsAsNumbers,
  tellNulls,
  escapeText,
  repeatKey,
  reorder,
];

const STYLES = [
  { open: '{', colon: ':', comma: ',', close: '}' },
  { open: '{', colon: ': ', comma: ', ', close: '}' },
  { open: '  { ', colon: ' : ', comma: ' ,\t', close: ' } ' },
  { open: '{', colon: ':', comma: ',', close: '}\r' },
];

/** The line's content in one to three other spellings. Changes `line.fields`. */
export function respellLine(line: LineFacts, random: LineRandom): string {
  const rounds = 1 + random(0, 3);
  for (let round = 0; round < rounds; round++) {
    RESPELLINGS[random(1 + round, RESPELLINGS.length)]!(line, (purpose, count) =>
      random(100 * (round + 1) + purpose, count),
    );
  }
  return joinFields(line.fields, STYLES[random(4, STYLES.length)]);
}

function find(line: LineFacts, name: string): Field | undefined {
  return line.fields.find((field) => field.name === name);
}

function oneOf<T>(choices: readonly T[], random: LineRandom): T {
  return choices[random(0, choices.length)]!;
}

function spellType(line: LineFacts, random: LineRandom): void {
  const field = find(line, 'event_type');
  if (field !== undefined) {
    field.value = JSON.stringify(oneOf(TYPE_SPELLINGS[line.type]!, random));
  }
}

function spellDeviceAndCountry(line: LineFacts, random: LineRandom): void {
  const device = find(line, 'device');
  const name = device === undefined ? undefined : textOf(device);
  if (device !== undefined && name !== undefined) {
    const capital = name.slice(0, 1).toUpperCase() + name.slice(1);
    device.value = JSON.stringify(oneOf([` ${name} `, name.toUpperCase(), capital], random));
  }
  const country = find(line, 'country');
  const code = country === undefined ? undefined : textOf(country);
  if (country !== undefined && code !== undefined) {
    const capital = code.slice(0, 1) + code.slice(1).toLowerCase();
    country.value = JSON.stringify(
      oneOf([code.toLowerCase(), `${code} `, `\t${code}`, capital], random),
    );
  }
}

/** An earlier respelling may have made something else of it, or repeated its name. */
function textOf(field: Field): string | undefined {
  const value: unknown = JSON.parse(field.value);
  return typeof value === 'string' ? value : undefined;
}

function spellTimestamp(line: LineFacts, random: LineRandom): void {
  const field = find(line, 'event_timestamp');
  if (field !== undefined) {
    const isWholeMs = line.shownUs % 1_000 === 0;
    field.value = oneOf(
      isWholeMs ? MILLISECOND_SPELLINGS : INSTANT_SPELLINGS,
      random,
    )(line.shownUs);
  }
}

/** A JSON text of an instant, exact to the microsecond. */
type InstantSpelling = (shownUs: number) => string;

const INSTANT_SPELLINGS: readonly InstantSpelling[] = [
  (us) => `"${local(us)}"`,
  (us) => `"${local(us).replace('T', ' ')} UTC"`,
  (us) => `"${local(us)}417Z"`,
  (us) => `"${local(us).replace(/0+$/, '').replace(/\.$/, '')}Z"`,
  (us) => `"${local(us, 120)}+02:00"`,
  (us) => `"${local(us, -330)}-0530"`,
  (us) => `"${local(us, 60).replace('T', ' ')}+01"`,
  (us) => `"${local(us)}-00:00"`,
  (us) => `" ${local(us)}Z "`,
  (us) => `"${us}"`,
  (us) => `"${inSeconds(us)}"`,
  (us) => String(us),
  inSeconds,
  (us) => `${String(us).slice(0, 1)}.${String(us).slice(1)}e${String(us).length - 1}`,
];

const MILLISECOND_SPELLINGS: readonly InstantSpelling[] = [
  ...INSTANT_SPELLINGS,
  // Twice as often as others: this is how most clients count.
  (us) => String(us / 1_000),
  (us) => `"${us / 1_000}"`,
  (us) => String(us / 1_000),
  (us) => `"${us / 1_000}"`,
];

/** The time without a zone that clocks show where they are ahead of UTC by so many minutes. */
function local(shownUs: number, offsetMinutes = 0): string {
  return formatTimestamp(shownUs + offsetMinutes * 60_000_000, true).slice(0, -1);
}

function inSeconds(shownUs: number): string {
  const micros = String(shownUs);
  return `${micros.slice(0, -6)}.${micros.slice(-6)}`;
}

function spellNumbers(line: LineFacts, random: LineRandom): void {
  const price = find(line, 'price');
  if (price !== undefined && line.priceCents > 0) {
    const plain = (line.priceCents / 100).toFixed(2);
    const roundsUp = ((line.priceCents * 10 - 5) / 1_000).toFixed(3);
    price.value = oneOf(
      [
        `"${plain}"`,
        `${plain}0`,
        `" +${plain} "`,
        `${line.priceCents}e-2`,
        roundsUp,
        `"${plain}001"`,
      ],
      random,
    );
  }
  const quantity = find(line, 'quantity');
  const isNumber = line.quantity !== QUANTITY_OMITTED && line.quantity !== QUANTITY_UNREADABLE;
  if (quantity !== undefined && isNumber) {
    const plain = String(line.quantity);
    quantity.value = oneOf([`"${plain}"`, `${plain}.0`, `" ${plain}."`, `${plain}0E-1`], random);
  }
}

function tellIdsAsNumbers(line: LineFacts): void {
  for (const name of ['user_id', 'product_id']) {
    const field = find(line, name);
    if (field !== undefined && /^"\d+"$/.test(field.value)) {
      field.value = field.value.slice(1, -1);
    }
  }
}

/** Missing, null, empty and blank all mean the same. */
function tellNulls(line: LineFacts, random: LineRandom): void {
  const nullable = [
    'product_id',
    'device',
    'country',
    'referrer',
    'order_id',
    'currency',
    'price',
    'quantity',
  ];
  nullable.forEach((name, index) => {
    if (find(line, name) === undefined) {
      line.fields.push({ name, value: ['null', '""', '"  "'][random(index, 3)]! });
    }
  });
}

/** Letters may be written as escapes, in values and in names. */
function escapeText(line: LineFacts, random: LineRandom): void {
  const type = find(line, 'event_type');
  if (type !== undefined) {
    const escaped = EVENT_TYPES[line.type]!.replace(/[aeiou]/g, escapeLetter);
    type.value = `"${escaped}"`;
  }
  const page = find(line, 'page_url');
  if (page !== undefined && !page.value.includes('\\')) {
    page.value = page.value.replaceAll('/', '\\/');
  }
  const field = line.fields[random(0, line.fields.length)]!;
  field.name = field.name.replace('_', '\\u005F').replace('e', '\\u0065');
}

function escapeLetter(letter: string): string {
  return `\\u00${letter.charCodeAt(0).toString(16)}`;
}

/** Of a key that comes twice the first counts. */
function repeatKey(line: LineFacts, random: LineRandom): void {
  const field = line.fields[random(0, line.fields.length)]!;
  line.fields.push({ name: field.name, value: oneOf(['"repeated"', 'null', '0', '{}'], random) });
}

/** The order of the members means nothing, except among those of one name. */
function reorder(line: LineFacts, random: LineRandom): void {
  const firstOf = new Map<string, Field>();
  const repeats = line.fields.filter((field) => {
    const name = field.name.includes('\\') ? JSON.parse(`"${field.name}"`) : field.name;
    if (firstOf.has(name)) {
      return true;
    }
    firstOf.set(name, field);
    return false;
  });
  const order = [...firstOf.values()];
  const turn = random(0, order.length);
  const turned = [...order.slice(turn), ...order.slice(0, turn)];
  line.fields = [...(random(1, 2) === 0 ? turned : turned.reverse()), ...repeats];
}
