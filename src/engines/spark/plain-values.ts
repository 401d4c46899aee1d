/** Converts values of Spark's results, also nested ones, to those of the pipeline. */
import { ClicklakeError } from '../../errors.ts';
import type { Row } from '../session.ts';
import type { Value } from './connect/index.ts';

export type Columns = readonly { name: string; type: string }[];

export function plainRows(columns: Columns, rows: readonly Value[][]): Row[] {
  const convert = columns.map(({ type }) => converterOf(type));
  if (convert.every((each) => each === undefined)) {
    return [...rows];
  }
  return rows.map((row) => row.map((value, index) => convert[index]?.(value) ?? value));
}

/** Of a value that is not null; undefined: it stays as it is. */
type Convert = (value: Value) => unknown;

function converterOf(type: string): Convert | undefined {
  const convert = notNullConverterOf(type);
  return convert && ((value) => (value === null ? null : convert(value)));
}

function notNullConverterOf(type: string): Convert | undefined {
  const [, kind = type, inner = ''] = /^(array|map|struct)<(.*)>$/s.exec(type) ?? [];
  switch (kind) {
    case 'timestamp':
    case 'timestamp_ntz':
      return (value) => new Instant(BigInt(value as bigint));
    case 'date':
      return (value) => dateText(Number(value));
    case 'binary':
      return (value) => Buffer.from(value as Uint8Array).toString('base64');
    // Such as VARIANT, which comes as two columns of bytes.
    case 'unknown':
      throw new ClicklakeError('query_failed', 'a result has a column of a type without text', {
        hint: 'cast it to a string in the query',
      });
    case 'array': {
      const convert = converterOf(inner);
      return convert && ((value) => (value as Value[]).map(convert));
    }
    case 'map': {
      const [key, item] = partsOf(inner).map((part) => converterOf(part) ?? same);
      return (value) => ({
        entries: (value as [Value, Value][]).map(([k, v]) => ({ key: key?.(k), value: item?.(v) })),
      });
    }
    case 'struct':
      return structConverter(partsOf(inner));
    default:
      return undefined;
  }
}

function structConverter(fields: readonly string[]): Convert {
  const converters = new Map(
    fields.map((field) => {
      const end = field.indexOf(':');
      return [field.slice(0, end), converterOf(field.slice(end + 1)) ?? same];
    }),
  );
  return (value) => ({
    entries: Object.fromEntries(
      Object.entries(value as object).map(([name, each]) => [
        name,
        (converters.get(name) ?? same)(each as Value),
      ]),
    ),
  });
}

/** What commas part, but for those within `<…>` and `(…)`. */
function partsOf(types: string): string[] {
  const parts: string[] = [];
  let [start, depth] = [0, 0];
  for (const [index, character] of [...types].entries()) {
    if ('<('.includes(character)) {
      depth += 1;
    } else if ('>)'.includes(character)) {
      depth -= 1;
    } else if (character === ',' && depth === 0) {
      parts.push(types.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, types.slice(start)];
}

function same(value: Value): unknown {
  return value;
}

class Instant {
  readonly micros: bigint;
  constructor(micros: bigint) {
    this.micros = micros;
  }
}

const DAY_MS = 86_400_000;

function dateText(days: number): string {
  const date = new Date(days * DAY_MS);
  return Number.isNaN(date.getTime())
    ? `${days} days since 1970`
    : date.toISOString().slice(0, -14);
}
