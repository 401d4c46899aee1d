/** Errors of a Spark server as one family: what Spark says, its error class and SQLSTATE. */
import { Code, type ConnectError } from '@connectrpc/connect';
import { ClicklakeError, type ErrorCode } from '../../../errors.ts';
import { ErrorInfoSchema } from './generated/error_details_pb.ts';
import type { FetchErrorDetailsResponse } from './generated/spark_connect_pb.ts';

interface SparkErrorFacts {
  /** Spark's name of the condition, e.g. `TABLE_OR_VIEW_NOT_FOUND`. */
  errorClass?: string;
  sqlState?: string;
  parameters?: Readonly<Record<string, string>>;
  /** The part of the SQL text that the error is about. */
  fragment?: string;
  /** Names of the Java classes of the failure and of what caused it, with those they extend. */
  javaClasses?: ReadonlySet<string>;
}

/** A call that Spark answered with an error, or could not be brought to a Spark at all. */
export class SparkError extends ClicklakeError {
  readonly errorClass: string | undefined;
  readonly sqlState: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly fragment: string | undefined;
  readonly javaClasses: ReadonlySet<string>;

  constructor(
    code: ErrorCode,
    message: string,
    facts: SparkErrorFacts,
    options: { hint?: string; cause?: unknown },
  ) {
    super(code, message, options);
    this.errorClass = facts.errorClass;
    this.sqlState = facts.sqlState;
    this.parameters = facts.parameters ?? {};
    this.fragment = facts.fragment;
    this.javaClasses = facts.javaClasses ?? new Set();
  }
}

/** What a server wrote beside a failed call; undefined when it was not Spark that answered. */
export function readErrorInfo(error: ConnectError): Record<string, string> | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.metadata;
}

/** The class of an error as Spark names it, also where only the message tells it. */
export function readErrorClass(error: ConnectError): string | undefined {
  return readErrorInfo(error)?.errorClass ?? /^\[([A-Z][A-Z0-9_.]*)\]/.exec(error.rawMessage)?.[1];
}

/** Ended by a client, or an administrator. */
const CLOSED_SESSION = 'INVALID_HANDLE.SESSION_CLOSED';
/** The server no longer knows it: it was restarted, or forgot a session that was idle. */
const FORGOTTEN_SESSION = /^INVALID_HANDLE\.SESSION_(?:NOT_FOUND|CHANGED)$/;

/** Behind its sentence about a statement Spark puts the whole plan of it. */
function withoutPlan(message: string): string {
  return (message.split(/;\n(?=\s*[\w'+])/, 1)[0] ?? message).trim();
}

/** The failure, or what caused it where the failure itself is only that of a thread. */
function findTelling(details: FetchErrorDetailsResponse | undefined) {
  const root = details?.errors[details.rootErrorIdx ?? 0];
  if (root?.sparkThrowable?.errorClass !== undefined) {
    return root;
  }
  return details?.errors.find((each) => each.sparkThrowable?.errorClass !== undefined) ?? root;
}

function listJavaClasses({ errors }: FetchErrorDetailsResponse): Set<string> {
  return new Set(errors.flatMap(({ errorTypeHierarchy }) => errorTypeHierarchy));
}

/** How the server is spoken of. */
export interface ServerWords {
  address: string;
  /** What to check when it refuses the token. */
  refusalHint?: string | undefined;
  /** The connection broke, and the server did not come back. */
  isBroken?: boolean;
}

/** `details` are the answer to FetchErrorDetails, when there was one. */
export function describeFailure(
  error: ConnectError,
  { address, refusalHint = 'check the token and its permissions', isBroken = false }: ServerWords,
  details?: FetchErrorDetailsResponse,
): SparkError {
  const info = readErrorInfo(error);
  const root = findTelling(details);
  const throwable = root?.sparkThrowable;
  const fragment = throwable?.queryContexts[0]?.fragment;
  const errorClass = throwable?.errorClass ?? readErrorClass(error);
  const sqlState = throwable?.sqlState ?? info?.sqlState;
  const facts: SparkErrorFacts = {
    ...(errorClass === undefined ? {} : { errorClass }),
    ...(sqlState === undefined ? {} : { sqlState }),
    ...(throwable === undefined ? {} : { parameters: throwable.messageParameters }),
    ...(fragment === undefined || fragment === '' ? {} : { fragment }),
    ...(details === undefined ? {} : { javaClasses: listJavaClasses(details) }),
  };
  const make = (code: ErrorCode, message: string, hint?: string) =>
    new SparkError(code, message, facts, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });

  if (errorClass === CLOSED_SESSION) {
    return make(
      'server_session_lost',
      `the Spark at ${address} no longer has this session`,
      'it closed the session; run the command again',
    );
  }
  if (errorClass !== undefined && FORGOTTEN_SESSION.test(errorClass)) {
    return make(
      'server_restarted',
      `the Spark at ${address} was restarted, and no longer has this session`,
      'run the command again',
    );
  }
  switch (isBroken ? Code.Unavailable : error.code) {
    case Code.Unavailable:
    case Code.Aborted:
      return make(
        'server_unavailable',
        `no Spark Connect server answers at ${address}: ${error.rawMessage}`,
        'check the address and that the server runs',
      );
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return make('access_refused', `${address} refused access: ${error.rawMessage}`, refusalHint);
    case Code.DeadlineExceeded:
      return make('query_failed', `the Spark at ${address} took longer than the deadline`);
    default:
      return make('query_failed', withoutPlan(root?.message ?? error.rawMessage));
  }
}
