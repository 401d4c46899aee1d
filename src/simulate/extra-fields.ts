/**
 * Members that clients add and the event contract does not know. Some have a look of the contract's
 * own names, which must not confuse a reader of the lines.
 */
export const EXTRA_FIELDS: readonly string[] = [
  '"schema_version":3',
  '"client_version":"4.12.0-beta"',
  '"app":{"name":"web","version":"4.12.0"}',
  '"is_logged_in":true',
  '"utm_source":"newsletter","utm_medium":"email","utm_campaign":"weekly-picks"',
  '"experiments":["new-cart","b"]',
  '"viewport":{"width":390,"height":844}',
  '"page_title":"Küche & Haushalt – Größe wählen"',
  '"note":"She said \\"hello\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u00fc"',
  '"mood":"🛒🎉"',
  '"context":{"event_id":"inner","user":{"user_id":null}}',
  '"EVENT_TYPE":"Not This One"',
  '"load_time_ms":412.75',
  '"big":123456789012345678901234567890',
  '"tiny":-1.5e-9',
  '"nothing":null',
  '"":"a name without a letter"',
  '"labels":[]',
];
