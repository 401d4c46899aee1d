/**
 * One operation on the server from start to end: its responses in order, each once, over as many
 * streams as it takes. A stream that ends or breaks before the result is complete is taken up again
 * behind the last response; the operation itself is never started twice.
 */
import { randomUUID } from 'node:crypto';
import { type CallOptions, type Client, Code, ConnectError } from '@connectrpc/connect';
import { ClicklakeError } from '../../../errors.ts';
import type {
  ExecutePlanResponse,
  Plan,
  SparkConnectService,
} from './generated/spark_connect_pb.ts';
import { isBrokenStream, pauseAfter, type RetryPolicy } from './retry.ts';
import { readErrorClass } from './spark-error.ts';

export interface Progress {
  taskCount: bigint;
  completedTaskCount: bigint;
  runningTaskCount: bigint;
  inputBytesRead: bigint;
}

export interface ExecutionOptions {
  /** Aborting ends the work on the server too. */
  signal?: AbortSignal;
  /** For the whole operation. */
  deadlineMs?: number;
  /** Names for `interrupt`. */
  tags?: readonly string[];
  onProgress?(progress: Progress): void;
}

/** What every request of a session carries. */
export interface RequestIdentity {
  sessionId: string;
  userContext: { userId: string; userName: string };
  clientType: string;
  clientObservedServerSideSessionId?: string;
}

export interface ExecutionContext {
  client: Client<typeof SparkConnectService>;
  identity(): RequestIdentity;
  retry: RetryPolicy;
  /** Must see every response: it notes which session on the server answers. */
  observe(serverSideSessionId: string): void;
}

type Responses = AsyncIterable<ExecutePlanResponse>;

/** Responses but for progress. The server is told what was read, and at the end to forget it all. */
export async function* execute(
  context: ExecutionContext,
  plan: Plan,
  options: ExecutionOptions = {},
): AsyncGenerator<ExecutePlanResponse> {
  const operationId = randomUUID();
  const deadline = deadlineSignal(options.deadlineMs);
  const signals = [options.signal, deadline].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  signal.throwIfAborted();
  try {
    for await (const response of readToEnd(context, { operationId, plan, options, signal })) {
      if (response.responseType.case === 'executionProgress') {
        const { stages, numInflightTasks } = response.responseType.value;
        options.onProgress?.({
          taskCount: stages.reduce((sum, stage) => sum + stage.numTasks, 0n),
          completedTaskCount: stages.reduce((sum, stage) => sum + stage.numCompletedTasks, 0n),
          runningTaskCount: numInflightTasks,
          inputBytesRead: stages.reduce((sum, stage) => sum + stage.inputBytesRead, 0n),
        });
      } else {
        yield response;
      }
    }
  } catch (error) {
    // The caller's reason says more than the broken call.
    options.signal?.throwIfAborted();
    if (deadline?.aborted) {
      throw new ClicklakeError(
        'query_failed',
        `Spark took longer than the deadline of ${options.deadlineMs} ms`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    await end(context, operationId, signal.aborted);
  }
}

interface Operation {
  operationId: string;
  plan: Plan;
  options: ExecutionOptions;
  signal: AbortSignal;
}

/** A working server keeps a stream that has nothing to say for minutes. */
const SHORT_STREAM_MS = 5_000;

async function* readToEnd(context: ExecutionContext, operation: Operation): Responses {
  const { signal } = operation;
  const { now = () => performance.now() } = context.retry;
  let lastResponseId: string | undefined;
  let failures = 0;
  let stream = start(context, operation);
  for (;;) {
    const startedAtMs = now();
    let isSilent = true;
    try {
      for await (const response of stream) {
        context.observe(response.serverSideSessionId);
        isSilent = false;
        failures = 0;
        lastResponseId = response.responseId;
        if (response.responseType.case === 'resultComplete') {
          return;
        }
        yield response;
        if (response.responseType.case === 'arrowBatch') {
          await release(context, operation.operationId, lastResponseId);
        }
      }
      if (isSilent && now() - startedAtMs < SHORT_STREAM_MS) {
        throw new ConnectError('it ends each answer before it says anything', Code.Unavailable);
      }
    } catch (error) {
      if (signal.aborted) {
        throw error;
      }
      if (wasNeverStarted(error) && lastResponseId === undefined && failures > 0) {
        stream = start(context, operation);
        continue;
      }
      failures += 1;
      if (!isBrokenStream(error) || failures >= context.retry.maxAttempts) {
        throw error;
      }
      await context.retry.sleep(pauseAfter(failures, context.retry), signal);
    }
    stream = reattach(context, operation, lastResponseId);
  }
}

function start({ client, identity }: ExecutionContext, operation: Operation): Responses {
  const { operationId, plan, options, signal } = operation;
  return client.executePlan(
    {
      ...identity(),
      operationId,
      plan,
      tags: [...(options.tags ?? [])],
      requestOptions: [
        { requestOption: { case: 'reattachOptions', value: { reattachable: true } } },
      ],
    },
    { signal },
  );
}

function reattach(
  { client, identity }: ExecutionContext,
  { operationId, signal }: Operation,
  lastResponseId: string | undefined,
): Responses {
  return client.reattachExecute(
    { ...identity(), operationId, ...(lastResponseId === undefined ? {} : { lastResponseId }) },
    { signal },
  );
}

/**
 * The session lives and has never heard of the operation: the request was lost on its way. (A server
 * that forgot the operation because it was restarted answers that the session is not there.)
 */
function wasNeverStarted(error: unknown): boolean {
  return (
    error instanceof ConnectError && readErrorClass(error) === 'INVALID_HANDLE.OPERATION_NOT_FOUND'
  );
}

const RELEASE_LIMIT: CallOptions = { timeoutMs: 5_000 };

const END_ATTEMPTS = 10;
const END_PAUSE_MS = 300;

/**
 * Lets the server forget the operation, and end it when it is not done. One that was given up right
 * after its start may still be on its way to a busy server, so it is asked until it knows of it.
 */
async function end(
  context: ExecutionContext,
  operationId: string,
  isGivenUp: boolean,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const isKnown = await release(context, operationId, undefined);
    if (isKnown || !isGivenUp || attempt === END_ATTEMPTS) {
      return;
    }
    await context.retry.sleep(END_PAUSE_MS);
  }
}

/**
 * Frees responses up to one, or ends and forgets the operation; the server does so itself in time.
 * False when the server has answered that it does not know the operation.
 */
async function release(
  { client, identity }: ExecutionContext,
  operationId: string,
  responseId: string | undefined,
): Promise<boolean> {
  try {
    const answer = await client.releaseExecute(
      {
        ...identity(),
        operationId,
        release:
          responseId === undefined
            ? { case: 'releaseAll', value: {} }
            : { case: 'releaseUntil', value: { responseId } },
      },
      RELEASE_LIMIT,
    );
    return answer.operationId !== undefined;
  } catch {
    // Only memory of the server, which it frees when the operation is left alone.
    return true;
  }
}

function deadlineSignal(deadlineMs: number | undefined): AbortSignal | undefined {
  return deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs);
}
