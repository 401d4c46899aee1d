/**
 * Contract fields that are read from the page URL if they are not sent. SQL that both engines
 * understand, with the functions of models/functions.
 */
import type { FieldName } from '../contract/fields.ts';

const URL_FIELDS: Partial<Record<FieldName, string>> = {
  campaign_source: "url_parameter(page_url, 'utm_source')",
  campaign_medium: "url_parameter(page_url, 'utm_medium')",
  campaign_name: "url_parameter(page_url, 'utm_campaign')",
  click_id: 'url_click_id(page_url)',
};

/** The names of these fields, with SQL for their values: as sent, else from the URL. */
export function urlFields(): { name: string; sql: string }[] {
  return Object.entries(URL_FIELDS).map(([name, sql]) => ({
    name,
    sql: `COALESCE(${name}, ${sql})`,
  }));
}
