#!/usr/bin/env node
import process from 'node:process';
import { runCli } from './cli/run-cli.ts';
import { createSystemEffects } from './cli/system-effects.ts';
import { EXIT_CODES } from './errors.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) {
      // Second signal: exit at once. The lake can be killed at any time.
      process.exit(EXIT_CODES.interrupted);
    }
    interruption.abort();
  });
}

const exitCode = await runCli(process.argv.slice(2), createSystemEffects(interruption.signal));
// All output is written. An unread standard input must not keep the process alive.
process.exit(exitCode);
