/**
 * The errors that a user can meet.
 *
 * The message says what happened and where; the hint says what to do. Code that handles an error
 * checks `code`, never the text. Any other thrown value is a bug.
 */

/** Exit codes of the command. They are part of the public interface (docs/operations.md). */
export const EXIT_CODES = {
  ok: 0,
  /** A bug, or an unforeseen failure. */
  unexpected: 1,
  /** Invalid command line, configuration or query. Nothing was changed. */
  usage: 2,
  /** Some input was refused (unreadable or damaged); the rest was ingested. */
  inputRefused: 3,
  /** `verify` found a difference. */
  verificationFailed: 4,
  /** The lake could not be read or written (damage, disk full, permission, lock, newer version). */
  lakeUnavailable: 5,
  /** Interrupted by SIGINT or SIGTERM. */
  interrupted: 130,
} as const;

export type ErrorCode =
  | 'usage'
  | 'config_invalid'
  | 'not_found'
  | 'input_refused'
  | 'query_failed'
  | 'unknown_table'
  | 'unsupported_table_feature'
  | 'table_corrupt'
  | 'bronze_damaged'
  | 'commit_conflict'
  | 'storage_failed'
  | 'disk_full'
  | 'permission_denied'
  | 'lake_too_new'
  | 'lake_too_old'
  | 'mapping_changed'
  | 'lake_locked'
  | 'server_unavailable'
  | 'server_session_lost'
  | 'server_restarted'
  | 'access_refused'
  | 'conservation_violated'
  | 'verification_failed'
  | 'check_failed'
  | 'unexpected';

const EXIT_CODE_OF: Record<ErrorCode, number> = {
  usage: EXIT_CODES.usage,
  config_invalid: EXIT_CODES.usage,
  not_found: EXIT_CODES.usage,
  input_refused: EXIT_CODES.inputRefused,
  query_failed: EXIT_CODES.usage,
  unknown_table: EXIT_CODES.usage,
  unsupported_table_feature: EXIT_CODES.lakeUnavailable,
  table_corrupt: EXIT_CODES.lakeUnavailable,
  bronze_damaged: EXIT_CODES.lakeUnavailable,
  commit_conflict: EXIT_CODES.lakeUnavailable,
  storage_failed: EXIT_CODES.lakeUnavailable,
  disk_full: EXIT_CODES.lakeUnavailable,
  permission_denied: EXIT_CODES.lakeUnavailable,
  lake_too_new: EXIT_CODES.lakeUnavailable,
  lake_too_old: EXIT_CODES.lakeUnavailable,
  mapping_changed: EXIT_CODES.usage,
  lake_locked: EXIT_CODES.lakeUnavailable,
  server_unavailable: EXIT_CODES.lakeUnavailable,
  server_session_lost: EXIT_CODES.lakeUnavailable,
  server_restarted: EXIT_CODES.lakeUnavailable,
  access_refused: EXIT_CODES.lakeUnavailable,
  conservation_violated: EXIT_CODES.verificationFailed,
  verification_failed: EXIT_CODES.verificationFailed,
  check_failed: EXIT_CODES.verificationFailed,
  unexpected: EXIT_CODES.unexpected,
};

export class ClicklakeError extends Error {
  override readonly name = 'ClicklakeError';
  readonly code: ErrorCode;
  /** What the user can do about it: one sentence. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return EXIT_CODE_OF[this.code];
  }
}
