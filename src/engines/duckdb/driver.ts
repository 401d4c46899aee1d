/** DuckDB's driver. It is CommonJS, which Node loads twice as fast with `require`. */
import { createRequire } from 'node:module';
import type { TextDecoder } from 'node:util';

const require = createRequire(import.meta.url);

export const duckdb: typeof import('@duckdb/node-api') = require('@duckdb/node-api');

/**
 * The text decoder of the driver. It would remove a byte-order mark at the start of every text. The
 * driver has no setting for this, so its module is patched.
 */
export const driverText: {
  textDecoder: TextDecoder;
} = require('@duckdb/node-api/lib/vectors/dataAccessors.js');
