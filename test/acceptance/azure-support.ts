/** The command on lakes in the storage emulator: started as a process, or run in this one. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';
import { type Finished, runInProcess, startCommand } from './command.ts';

export interface AzureCommands {
  azurite: Azurite;
  /** Working folder of the commands; their cache is in it. */
  folder: string;
  env: Record<string, string>;
  start(args: readonly string[], env?: Record<string, string>): ChildProcess;
  run(args: readonly string[], stdin?: string): Promise<Finished>;
  /** Runs a command that must succeed; returns what it prints. */
  succeed(args: readonly string[], stdin?: string): Promise<string>;
  rows(lake: string, sql: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export async function startAzureCommands(): Promise<AzureCommands> {
  const azurite = await startAzurite();
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-azure-'));
  const env = { ...azurite.env, XDG_CACHE_HOME: join(folder, 'cache') };
  const commands: AzureCommands = {
    azurite,
    folder,
    env,
    start: (args, changed = env) => startCommand(args, { cwd: folder, env: changed }),
    run: (args, stdin) => runInProcess(args, { cwd: folder, env }, stdin),
    async succeed(args, stdin) {
      const { stdout, stderr, exitCode } = await commands.run(args, stdin);
      if (exitCode !== 0) {
        throw new Error(`clicklake ${args.join(' ')}: ${exitCode}\n${stderr}`);
      }
      return stdout;
    },
    rows: async (lake, sql) =>
      JSON.parse(await commands.succeed(['query', sql, '--json', '--lake', lake])),
    async stop() {
      await azurite.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return commands;
}
