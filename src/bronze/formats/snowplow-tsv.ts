/**
 * Reads Snowplow's enriched events as record lines: tab-separated fields without header or quotes
 * become objects, with column names from Snowplow's documentation. The self-describing JSON in some
 * columns becomes members with the names that Snowplow's analytics SDKs use, so the preset snowplow
 * reads both forms.
 */
import { isUtf8 } from 'node:buffer';
import type { PathNode } from '../../mapping/record-layout.ts';
import { isJson } from '../detect-format.ts';
import { readJsonElements, readJsonValue } from '../json-line.ts';
import { isBlank } from '../lines.ts';
import { refused } from './refuse.ts';

const LF = 0x0a;
/** The same limit as for a line of JSON. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** In column order. Later versions append columns; earlier ones have fewer. */
const COLUMNS = [
  ...['app_id', 'platform', 'etl_tstamp', 'collector_tstamp', 'dvce_created_tstamp'],
  ...['event', 'event_id', 'txn_id', 'name_tracker', 'v_tracker', 'v_collector', 'v_etl'],
  ...['user_id', 'user_ipaddress', 'user_fingerprint', 'domain_userid', 'domain_sessionidx'],
  ...['network_userid', 'geo_country', 'geo_region', 'geo_city', 'geo_zipcode', 'geo_latitude'],
  ...['geo_longitude', 'geo_region_name', 'ip_isp', 'ip_organization', 'ip_domain', 'ip_netspeed'],
  ...['page_url', 'page_title', 'page_referrer'],
  ...partsOfUrl('page'),
  ...partsOfUrl('refr'),
  ...['refr_medium', 'refr_source', 'refr_term'],
  ...['mkt_medium', 'mkt_source', 'mkt_term', 'mkt_content', 'mkt_campaign', 'contexts'],
  ...['se_category', 'se_action', 'se_label', 'se_property', 'se_value', 'unstruct_event'],
  ...['tr_orderid', 'tr_affiliation', 'tr_total', 'tr_tax', 'tr_shipping'],
  ...['tr_city', 'tr_state', 'tr_country'],
  ...['ti_orderid', 'ti_sku', 'ti_name', 'ti_category', 'ti_price', 'ti_quantity'],
  ...['pp_xoffset_min', 'pp_xoffset_max', 'pp_yoffset_min', 'pp_yoffset_max', 'useragent'],
  ...['br_name', 'br_family', 'br_version', 'br_type', 'br_renderengine', 'br_lang'],
  ...['pdf', 'flash', 'java', 'director', 'quicktime', 'realplayer', 'windowsmedia']
    .concat('gears', 'silverlight')
    .map((feature) => `br_features_${feature}`),
  ...['br_cookies', 'br_colordepth', 'br_viewwidth', 'br_viewheight'],
  ...['os_name', 'os_family', 'os_manufacturer', 'os_timezone'],
  ...['dvce_type', 'dvce_ismobile', 'dvce_screenwidth', 'dvce_screenheight'],
  ...['doc_charset', 'doc_width', 'doc_height'],
  ...['tr_currency', 'tr_total_base', 'tr_tax_base', 'tr_shipping_base'],
  ...['ti_currency', 'ti_price_base', 'base_currency', 'geo_timezone'],
  ...['mkt_clickid', 'mkt_network', 'etl_tags', 'dvce_sent_tstamp'],
  ...['refr_domain_userid', 'refr_device_tstamp', 'derived_contexts'],
  ...['domain_sessionid', 'derived_tstamp', 'event_vendor', 'event_name', 'event_format'],
  ...['event_version', 'event_fingerprint', 'true_tstamp'],
];

/** Columns with a list of entities. Others contain a single event. */
const ENTITY_COLUMNS: ReadonlySet<string> = new Set(['contexts', 'derived_contexts']);
const EVENT_COLUMN = 'unstruct_event';

function partsOfUrl(prefix: string): string[] {
  const parts = ['scheme', 'host', 'port', 'path', 'query', 'fragment'];
  return parts.map((part) => `${prefix}_url${part}`);
}

/**
 * Each line as a line of JSON. Empty fields are omitted. Throws `input_refused` for text that is
 * not UTF-8, and for a line whose number of fields differs from the first line's.
 */
export async function* snowplowRecordLines(
  text: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let lineNumber = 0;
  let fieldCount: number | undefined;
  const read = (line: Buffer): string => {
    lineNumber += 1;
    if (isBlank(line)) {
      return '';
    }
    if (!isUtf8(line)) {
      throw refused(name, `is not UTF-8: see line ${lineNumber}`);
    }
    const fields = line.toString('utf8').replace(/\r$/, '').split('\t');
    fieldCount ??= fields.length;
    if (fields.length !== fieldCount) {
      const counts = `${fields.length} fields, not ${fieldCount} as in its first line,`;
      throw refused(name, `has ${counts} at line ${lineNumber}`);
    }
    return toRecord(fields);
  };
  for await (const chunk of text) {
    rest = Buffer.concat([rest, chunk]);
    const { lines, end } = readLines(rest, read);
    yield lines;
    rest = rest.subarray(end);
    if (rest.length > MAX_LINE_BYTES) {
      throw refused(name, `has no end of line ${lineNumber + 1}`);
    }
  }
  if (rest.length > 0) {
    yield Buffer.from(`${read(rest)}\n`);
  }
}

/** The complete lines in these bytes, and the position of the next one. */
function readLines(bytes: Buffer, read: (line: Buffer) => string): { lines: Buffer; end: number } {
  let lines = '';
  let start = 0;
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    lines += `${read(bytes.subarray(start, end))}\n`;
    start = end + 1;
  }
  return { lines: Buffer.from(lines), end: start };
}

function toRecord(fields: readonly string[]): string {
  const members: string[] = [];
  const entities = new Map<string, string[]>();
  for (const [index, name] of COLUMNS.entries()) {
    const field = fields[index];
    if (field === undefined || field === '') {
      continue;
    }
    const found = ENTITY_COLUMNS.has(name) ? readEntities(field) : undefined;
    const event = name === EVENT_COLUMN ? readEvent(field) : undefined;
    if (event !== undefined) {
      members.push(`${JSON.stringify(`unstruct_event_${event.name}`)}:${event.data}`);
    } else if (found === undefined) {
      members.push(`${JSON.stringify(name)}:${JSON.stringify(field)}`);
    }
    for (const entity of found ?? []) {
      const known = entities.get(entity.name);
      entities.set(entity.name, [...(known ?? []), entity.data]);
    }
  }
  for (const [name, data] of entities) {
    members.push(`${JSON.stringify(`contexts_${name}`)}:[${data.join(',')}]`);
  }
  return `{${members.join(',')}}`;
}

interface SelfDescribing {
  /** Vendor, name and major version of its schema. */
  name: string;
  /** The JSON text, unchanged. */
  data: string;
}

/** Undefined: the text is not self-describing JSON. */
function readEntities(text: string): SelfDescribing[] | undefined {
  const data = isJson(text) ? dataOf(text)?.data : undefined;
  const elements = data === undefined ? undefined : readJsonElements(data);
  const entities = elements?.map(readSelfDescribing);
  return entities?.every((entity) => entity !== undefined) ? entities : undefined;
}

function readEvent(text: string): SelfDescribing | undefined {
  const data = isJson(text) ? dataOf(text)?.data : undefined;
  return data === undefined ? undefined : readSelfDescribing(data);
}

const IGLU = /^iglu:([\w.-]+)\/([\w-]+)\/[\w-]+\/(\d+)-\d+-\d+$/;

function readSelfDescribing(text: string): SelfDescribing | undefined {
  const { schema, data } = dataOf(text) ?? {};
  const [, vendor, name, major] = IGLU.exec(schema ?? '') ?? [];
  if (vendor === undefined || name === undefined || data === undefined) {
    return undefined;
  }
  const snakeName = name.replace(/([^A-Z_-])([A-Z])/g, '$1_$2');
  const words = `${vendor}_${snakeName}`.replace(/[.-]/g, '_').toLowerCase();
  return { name: `${words}_${major}`, data };
}

const SELF_DESCRIBING: PathNode = nodeOf({ schema: nodeOf({}, 0), data: nodeOf({}, 1) });

function nodeOf(keys: Readonly<Record<string, PathNode>>, place?: number): PathNode {
  return { keys: new Map(Object.entries(keys)), indexes: new Map(), matches: [], place };
}

/** The data in a text that is known to be JSON. */
function dataOf(
  text: string,
): { schema: string | undefined; data: string | undefined } | undefined {
  if (!text.trimStart().startsWith('{')) {
    return undefined;
  }
  const [schema, data] = readJsonValue(text, SELF_DESCRIBING, 2);
  return {
    schema: schema?.type === 'string' ? schema.text : undefined,
    data: data?.type === 'container' ? data.text : undefined,
  };
}
