#!/usr/bin/env node
import process from 'node:process';
import { runCli } from './cli/run-cli.ts';
import { createSystemEffects } from './cli/system-effects.ts';
import { EXIT_CODES } from './errors.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) {
      // Asked twice: do not wait for a safe place. The lake is safe anyway; it is built for being killed.
      process.exit(EXIT_CODES.interrupted);
    }
    interruption.abort();
  });
}

const exitCode = await runCli(process.argv.slice(2), createSystemEffects(interruption.signal));
// Output has been waited for; an unread standard input must not keep the process alive.
process.exit(exitCode);
