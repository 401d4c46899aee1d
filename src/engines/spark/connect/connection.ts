/** One session on one Spark Connect server. */
import { randomUUID } from 'node:crypto';
import type { SecureClientSessionOptions } from 'node:http2';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Client, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { ClicklakeError } from '../../../errors.ts';
import { joinStreams, readRows, type Value } from './arrow-values.ts';
import { type ConnectionTarget, requireSendable } from './connection-string.ts';
import {
  type ExecutionContext,
  type ExecutionOptions,
  execute,
  type RequestIdentity,
} from './execution.ts';
import {
  type DataType,
  InterruptRequest_InterruptType,
  type Plan,
  PlanSchema,
  type Relation,
  type RelationSchema,
  SparkConnectService,
} from './generated/spark_connect_pb.ts';
import { DEFAULT_RETRY_POLICY, isBrokenStream, type RetryPolicy, retryCall } from './retry.ts';
import { describeFailure, readErrorInfo, type ServerWords, SparkError } from './spark-error.ts';
import { connectThrough } from './tunnel.ts';

export interface SparkConnectionOptions {
  /** Asked for before every call, so that a short-lived token can be renewed. Needs TLS. */
  getToken?(): Promise<string>;
  /** What the user is to check when the server refuses the token. */
  refusalHint?: string;
  /** Certificate authority in PEM, instead of those that Node trusts. */
  certificateAuthority?: string;
  /** An HTTP proxy that an encrypted connection goes through. */
  proxy?: URL;
  retry?: RetryPolicy;
  /**
   * A connection without traffic for this long is checked. Spark's server takes more than one check
   * in five minutes for an attack.
   */
  keepAliveMs?: number;
}

export interface ResultColumn {
  name: string;
  /** As SQL writes it, e.g. `decimal(18,2)`. */
  type: string;
  nullable: boolean;
}

export interface QueryResult {
  columns: ResultColumn[];
  /** Rows in order, read from the server as they are asked for. Can be read, or closed, once. */
  batches: AsyncIterableIterator<Value[][]>;
}

export interface FileSource {
  /** As Spark names it: `text`, `parquet` … */
  format: string;
  /** Columns as DDL; without it Spark looks into the files. */
  schema?: string;
  options?: Readonly<Record<string, string>>;
  paths: readonly string[];
  /** What is shown of them, such as `value` or `_metadata.file_path`; without it all columns. */
  columns?: readonly string[];
}

/** What a script can read under a name of its own, for as long as it runs. */
export type GivenRelation = { name: string } & (
  | { kind: 'rows'; stream: Uint8Array; schema?: string | undefined }
  | { kind: 'files'; files: FileSource }
);

export interface StatementOptions extends ExecutionOptions {
  given?: readonly GivenRelation[];
}

export interface SparkConnection {
  readonly sessionId: string;
  readonly sparkVersion: string;
  /** Runs one statement that changes something, to its end. It is sent once. */
  run(sql: string, options?: StatementOptions): Promise<void>;
  query(sql: string, options?: StatementOptions): Promise<QueryResult>;
  /** The same of a SELECT, in one call. */
  select(sql: string, options?: ExecutionOptions): Promise<QueryResult>;
  /**
   * The result of a script as an Arrow stream. It comes in the answer and takes no second call, but
   * fails where it takes more bytes than a message.
   */
  reply(script: string, options?: StatementOptions): Promise<Uint8Array>;
  /** All rows of a SELECT as one Arrow stream; undefined when they take more bytes, and the query ends. */
  collect(
    sql: string,
    maxBytes: number,
    options?: ExecutionOptions,
  ): Promise<Uint8Array | undefined>;
  /** Gives files a session-local name, in place of what had it, without reading them. */
  defineFiles(name: string, files: FileSource): Promise<void>;
  /**
   * Gives rows a session-local name: an Arrow stream, with the names and types of a DDL text, else its
   * own.
   */
  defineRows(name: string, arrowStream: Uint8Array, schema?: string): Promise<void>;
  setConfig(settings: Readonly<Record<string, string>>): Promise<void>;
  unsetConfig(names: readonly string[]): Promise<void>;
  /** The values that are set. */
  getConfig(names: readonly string[]): Promise<Record<string, string>>;
  /** Ends running operations, all or those of a tag; returns how many. */
  interrupt(tag?: string): Promise<number>;
  /** Ends the session on the server and the connection. May be called again. */
  close(): Promise<void>;
}

const CLIENT_TYPE = 'clicklake';
const CLOSE_LIMIT_MS = 5_000;
/** A server that has answered before may be restarting; one that never has is probably not there. */
const FIRST_ATTEMPTS = 4;

/** Opens a session and asks the server for its version, so that a wrong address fails here. */
export async function connectSpark(
  target: ConnectionTarget,
  options: SparkConnectionOptions = {},
): Promise<SparkConnection> {
  const address = `${target.host}:${target.port}`;
  const { client, transport } = openTransport(target, options);
  const retry = options.retry ?? DEFAULT_RETRY_POLICY;
  const identity: RequestIdentity = {
    sessionId: target.sessionId ?? randomUUID(),
    userContext: { userId: target.userId ?? '', userName: target.userId ?? '' },
    clientType: target.userAgent ?? CLIENT_TYPE,
  };
  const context: CommandContext = {
    client,
    sendsText: false,
    identity: () => identity,
    retry,
    observe: (serverSideSessionId) => {
      identity.clientObservedServerSideSessionId ??= serverSideSessionId;
    },
  };
  const explain = (error: unknown) =>
    explainFailure(context, { address, refusalHint: options.refusalHint }, error);
  const call = async <T extends { serverSideSessionId: string }>(
    send: (identity: RequestIdentity) => Promise<T>,
    policy = retry,
  ): Promise<T> => {
    try {
      const answer = await retryCall(() => send(identity), policy);
      context.observe(answer.serverSideSessionId);
      return answer;
    } catch (error) {
      throw await explain(error);
    }
  };

  let sparkVersion: string;
  try {
    const maxAttempts = Math.min(FIRST_ATTEMPTS, retry.maxAttempts);
    sparkVersion = await readVersion(client, (send) => call(send, { ...retry, maxAttempts }));
  } catch (error) {
    transport.abort();
    // Not Spark's words: another server, or a certificate that is not trusted.
    if (error instanceof SparkError && error.code === 'query_failed' && !error.errorClass) {
      throw new ClicklakeError(
        'server_unavailable',
        `no Spark Connect server answers at ${address}: ${error.message}`,
        { hint: 'check the address, its certificate and use_ssl=true', cause: error },
      );
    }
    throw error;
  }
  context.sendsText = /^3\./.test(sparkVersion);
  let isOpen = true;
  return {
    sessionId: identity.sessionId,
    sparkVersion,
    run: async (sql, execution) => {
      await runCommand(context, sql, execution, explain);
    },
    query: (sql, execution) => openQuery(context, sql, execution, explain),
    collect: (sql, maxBytes, execution) => collectRows(context, sql, maxBytes, execution, explain),
    select: async (sql, execution) => {
      const relation = { relType: { case: 'sql', value: { query: sql } } } as const;
      return await readResult(context, relation, execution, explain);
    },
    reply: async (script, execution) => {
      const relation = await runCommand(context, script, execution, explain);
      const reply = relation?.relType;
      if (reply?.case !== 'localRelation' || reply.value.data === undefined) {
        throw new ClicklakeError('query_failed', 'a script came without its result');
      }
      return reply.value.data;
    },
    defineFiles: (name, files) => defineView(context, name, relationOfFiles(files), explain),
    defineRows: (name, data, schema) =>
      defineView(context, name, relationOfRows(data, schema), explain),
    setConfig: async (settings) => {
      const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }));
      const operation = { opType: { case: 'set', value: { pairs } } } as const;
      await call((who) => client.config({ ...who, operation }));
    },
    unsetConfig: async (names) => {
      const keys = [...names];
      await call((who) =>
        client.config({ ...who, operation: { opType: { case: 'unset', value: { keys } } } }),
      );
    },
    getConfig: async (names) => {
      const keys = [...names];
      const { pairs } = await call((who) =>
        client.config({ ...who, operation: { opType: { case: 'getOption', value: { keys } } } }),
      );
      return Object.fromEntries(
        pairs.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]])),
      );
    },
    interrupt: async (tag) => {
      const which =
        tag === undefined
          ? { interruptType: InterruptRequest_InterruptType.ALL }
          : {
              interruptType: InterruptRequest_InterruptType.TAG,
              interrupt: { case: 'operationTag', value: tag } as const,
            };
      const answer = await call((who) => client.interrupt({ ...who, ...which }));
      return answer.interruptedIds.length;
    },
    close: async () => {
      if (!isOpen) {
        return;
      }
      isOpen = false;
      try {
        await client.releaseSession(identity, { timeoutMs: CLOSE_LIMIT_MS });
      } catch {
        // The server ends a session without a client by itself.
      } finally {
        transport.abort();
      }
    },
  };
}

interface CommandContext extends ExecutionContext {
  /** Statements go as text too, for a server that reads nothing else. */
  sendsText: boolean;
}

type SparkClient = Client<typeof SparkConnectService>;

function openTransport(target: ConnectionTarget, options: SparkConnectionOptions) {
  if (options.getToken !== undefined && !target.useTls) {
    throw new ClicklakeError('usage', 'a token is never sent to Spark without TLS', {
      hint: 'add use_ssl=true to the connection string',
    });
  }
  const baseUrl = `${target.useTls ? 'https' : 'http'}://${target.host}:${target.port}`;
  const sessionManager = new Http2SessionManager(
    baseUrl,
    { pingIntervalMs: options.keepAliveMs ?? 310_000, pingTimeoutMs: 20_000 },
    sessionOptions(target, options),
  );
  const addHeaders: Interceptor = (next) => async (request) => {
    for (const [name, value] of Object.entries(target.headers)) {
      requireSendable(`the parameter ${name}`, value);
      request.header.set(name, value);
    }
    const token = (await options.getToken?.()) ?? target.token;
    if (token !== undefined) {
      requireSendable('the token', token);
      request.header.set('authorization', `Bearer ${token}`);
    }
    return next(request);
  };
  const transport = createGrpcTransport({ baseUrl, sessionManager, interceptors: [addHeaders] });
  return { client: createClient(SparkConnectService, transport), transport: sessionManager };
}

function sessionOptions(
  target: ConnectionTarget,
  { certificateAuthority, proxy }: SparkConnectionOptions,
): SecureClientSessionOptions {
  const trusted = certificateAuthority === undefined ? {} : { ca: certificateAuthority };
  return proxy === undefined || !target.useTls
    ? trusted
    : {
        createConnection: () =>
          connectThrough(proxy, target, { ...trusted, ALPNProtocols: ['h2'] }),
      };
}

async function readVersion(
  client: SparkClient,
  call: <T extends { serverSideSessionId: string }>(
    send: (identity: RequestIdentity) => Promise<T>,
  ) => Promise<T>,
): Promise<string> {
  const answer = await call((who) =>
    client.analyzePlan({ ...who, analyze: { case: 'sparkVersion', value: {} } }),
  );
  return answer.result.case === 'sparkVersion' ? answer.result.value.version : '';
}

type Explain = (error: unknown) => Promise<unknown>;

type RelationInit = MessageInitShape<typeof RelationSchema>;

function relationOfFiles({ format, schema, options, paths, columns }: FileSource): RelationInit {
  const dataSource = {
    format,
    options: { ...options },
    paths: [...paths],
    ...(schema === undefined ? {} : { schema }),
  };
  const readType = { case: 'dataSource', value: dataSource } as const;
  const files = { relType: { case: 'read', value: { readType } } } as const;
  const expressions = columns?.map((unparsedIdentifier) => ({
    exprType: { case: 'unresolvedAttribute', value: { unparsedIdentifier } } as const,
  }));
  return expressions === undefined
    ? files
    : { relType: { case: 'project', value: { input: files, expressions } } };
}

function relationOfRows(data: Uint8Array, schema: string | undefined): RelationInit {
  const value = schema === undefined ? { data } : { data, schema };
  return { relType: { case: 'localRelation', value } };
}

/** The statement, with what it is given under names. */
function relationOfSql(query: string, given: readonly GivenRelation[]): RelationInit {
  const root = { relType: { case: 'sql', value: { query } } } as const;
  if (given.length === 0) {
    return root;
  }
  const references = given.map((each): RelationInit => {
    const input =
      each.kind === 'rows' ? relationOfRows(each.stream, each.schema) : relationOfFiles(each.files);
    return { relType: { case: 'subqueryAlias', value: { input, alias: each.name } } };
  });
  return { relType: { case: 'withRelations', value: { root, references } } };
}

/** Sends the statement; a command has run when this returns, a query comes back as its relation. */
async function runCommand(
  context: CommandContext,
  sql: string,
  options: StatementOptions | undefined,
  explain: Explain,
): Promise<Relation | undefined> {
  const input = relationOfSql(sql, options?.given ?? []);
  const value = context.sendsText ? { input, sql } : { input };
  const command = { commandType: { case: 'sqlCommand', value } } as const;
  const plan = create(PlanSchema, { opType: { case: 'command', value: command } });
  let relation: Relation | undefined;
  try {
    for await (const { responseType } of execute(context, plan, options)) {
      if (responseType.case === 'sqlCommandResult') {
        relation = responseType.value.relation;
      }
    }
  } catch (error) {
    throw await explain(error);
  }
  return relation;
}

async function defineView(
  context: ExecutionContext,
  name: string,
  input: RelationInit,
  explain: Explain,
): Promise<void> {
  const view = { name, replace: true, input };
  const command = { commandType: { case: 'createDataframeView', value: view } } as const;
  const plan = create(PlanSchema, { opType: { case: 'command', value: command } });
  try {
    for await (const _ of execute(context, plan)) {
      // Nothing but the end is awaited.
    }
  } catch (error) {
    throw await explain(error);
  }
}

async function openQuery(
  context: CommandContext,
  sql: string,
  options: ExecutionOptions | undefined,
  explain: Explain,
): Promise<QueryResult> {
  const relation = await runCommand(context, sql, options, explain);
  if (relation === undefined) {
    throw new ClicklakeError('query_failed', 'the statement had no result');
  }
  return await readResult(context, relation, options, explain);
}

async function readResult(
  context: ExecutionContext,
  relation: RelationInit,
  options: ExecutionOptions | undefined,
  explain: Explain,
): Promise<QueryResult> {
  const plan = create(PlanSchema, { opType: { case: 'root', value: relation } });
  const messages = readMessages(context, plan, options, explain);
  const first = await messages.next();
  if (first.done === true || first.value.kind !== 'columns') {
    await messages.return();
    throw new ClicklakeError('query_failed', 'a result came without its columns');
  }
  return { columns: first.value.columns, batches: readBatches(messages) };
}

/** Leaving the loop ends the operation on the server. */
async function collectRows(
  context: ExecutionContext,
  sql: string,
  maxBytes: number,
  options: ExecutionOptions | undefined,
  explain: Explain,
): Promise<Uint8Array | undefined> {
  const relation = { relType: { case: 'sql', value: { query: sql } } } as const;
  const plan = create(PlanSchema, { opType: { case: 'root', value: relation } });
  const streams: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const { responseType } of execute(context, plan, options)) {
      if (responseType.case === 'arrowBatch') {
        streams.push(responseType.value.data);
        bytes += responseType.value.data.length;
      }
      if (bytes > maxBytes) {
        return undefined;
      }
    }
  } catch (error) {
    throw await explain(error);
  }
  return joinStreams(streams);
}

type Message = { kind: 'columns'; columns: ResultColumn[] } | { kind: 'rows'; rows: Value[][] };

async function* readMessages(
  context: ExecutionContext,
  plan: Plan,
  options: ExecutionOptions | undefined,
  explain: Explain,
): AsyncGenerator<Message, void, undefined> {
  let hasColumns = false;
  try {
    for await (const { schema, responseType } of execute(context, plan, options)) {
      if (!hasColumns && schema?.kind.case === 'struct') {
        hasColumns = true;
        const columns = schema.kind.value.fields.map(({ name, dataType, nullable }) => ({
          name,
          type: formatType(dataType),
          nullable,
        }));
        yield { kind: 'columns', columns };
      }
      if (responseType.case === 'arrowBatch' && responseType.value.rowCount > 0n) {
        yield { kind: 'rows', rows: readRows(responseType.value.data) };
      }
    }
  } catch (error) {
    throw await explain(error);
  }
}

/** Closing it, even before the first batch, ends the query on the server. */
function readBatches(
  messages: AsyncGenerator<Message, void, undefined>,
): AsyncIterableIterator<Value[][]> {
  const batches: AsyncIterableIterator<Value[][]> = {
    next: async () => {
      const message = await messages.next();
      if (message.done === true) {
        return { done: true, value: undefined };
      }
      return message.value.kind === 'rows'
        ? { done: false, value: message.value.rows }
        : batches.next();
    },
    return: async () => {
      await messages.return();
      return { done: true, value: undefined };
    },
    throw: async (error) => {
      await messages.return();
      throw error;
    },
    [Symbol.asyncIterator]: () => batches,
  };
  return batches;
}

/** A type as SQL writes it; one that this client does not know is `unknown`. */
function formatType(type: DataType | undefined): string {
  const kind = type?.kind;
  switch (kind?.case) {
    case 'decimal':
      return `decimal(${kind.value.precision ?? 10},${kind.value.scale ?? 0})`;
    case 'integer':
      return 'int';
    case 'byte':
      return 'tinyint';
    case 'short':
      return 'smallint';
    case 'long':
      return 'bigint';
    case 'null':
      return 'void';
    case 'timestampNtz':
      return 'timestamp_ntz';
    case 'char':
      return `char(${kind.value.length})`;
    case 'varChar':
      return `varchar(${kind.value.length})`;
    case 'array':
      return `array<${formatType(kind.value.elementType)}>`;
    case 'map':
      return `map<${formatType(kind.value.keyType)},${formatType(kind.value.valueType)}>`;
    case 'struct': {
      const fields = kind.value.fields.map(
        ({ name, dataType }) => `${name}:${formatType(dataType)}`,
      );
      return `struct<${fields.join(',')}>`;
    }
    default:
      return kind?.case ?? 'unknown';
  }
}

/** Spark cuts long messages short in the answer itself: the whole is fetched, if it can be. */
async function explainFailure(
  { client, identity }: ExecutionContext,
  server: ServerWords,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof ConnectError)) {
    return error;
  }
  // The token could not be had: the call was never sent.
  if (error.cause instanceof ClicklakeError) {
    return error.cause;
  }
  const errorId = readErrorInfo(error)?.errorId;
  const details =
    errorId === undefined
      ? undefined
      : await client
          .fetchErrorDetails({ ...identity(), errorId }, { timeoutMs: CLOSE_LIMIT_MS })
          .catch(() => undefined);
  return describeFailure(error, { ...server, isBroken: isBrokenStream(error) }, details);
}
