/** Fields that are read from the query of page_url if they are not sent. */
import type { FieldText } from './line-judge.ts';

const PARAMETERS = {
  campaign_source: 'utm_source',
  campaign_medium: 'utm_medium',
  campaign_name: 'utm_campaign',
} as const;

const CLICK_IDS = new Set([
  ...['gclid', 'dclid', 'gbraid', 'wbraid', 'msclkid', 'fbclid', 'ttclid', 'twclid'],
  ...['li_fat_id', 'epik'],
]);

type UrlFields = Record<'page_url' | 'click_id' | keyof typeof PARAMETERS, FieldText>;

/** Sets campaign fields and click id from the query of page_url, if they were not sent. */
export function readUrlFields(fields: UrlFields): void {
  const { page_url: url } = fields;
  if (url.start === -1 || !url.bytes.subarray(url.start, url.end).includes('=')) {
    return;
  }
  const parameters = queryOf(url.bytes.toString('utf8', url.start, url.end));
  for (const [field, name] of Object.entries(PARAMETERS)) {
    const found = parameters.find((parameter) => parameter.name === name);
    set(fields[field as keyof typeof PARAMETERS], found && urlText(found.value));
  }
  const click = parameters.find(({ name, value }) => CLICK_IDS.has(name) && value !== '');
  set(fields.click_id, click && `${click.name}=${click.value}`);
}

function queryOf(url: string): { name: string; value: string }[] {
  const [address = ''] = url.split('#');
  const start = address.indexOf('?');
  const query = start === -1 ? '' : address.slice(start + 1);
  return query.split('&').flatMap((part) => {
    const equals = part.indexOf('=');
    return equals === -1 ? [] : [{ name: part.slice(0, equals), value: part.slice(equals + 1) }];
  });
}

/** Percent escapes are decoded only if they are UTF-8 without control characters. */
function urlText(value: string): string {
  try {
    return /%[01]/.test(value) ? value : decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

function set(field: FieldText, text: string | undefined): void {
  if (field.start === -1 && text !== undefined) {
    const bytes = Buffer.from(text);
    field.set(bytes, 0, bytes.length);
  }
}
