/**
 * Fields of the contract that are read from the address of the page where they are not sent: SQL that
 * both engines know, by the functions of models/functions.
 */
import type { FieldName } from '../contract/fields.ts';

const URL_FIELDS: Partial<Record<FieldName, string>> = {
  campaign_source: "url_parameter(page_url, 'utm_source')",
  campaign_medium: "url_parameter(page_url, 'utm_medium')",
  campaign_name: "url_parameter(page_url, 'utm_campaign')",
  click_id: 'url_click_id(page_url)',
};

/** Names of those fields, each with its value: what was sent, else what the address says. */
export function urlFields(): { name: string; sql: string }[] {
  return Object.entries(URL_FIELDS).map(([name, sql]) => ({
    name,
    sql: `COALESCE(${name}, ${sql})`,
  }));
}
