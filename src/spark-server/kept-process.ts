/** A program that ends with the process that started it, however that ends: also by SIGKILL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { systemCode } from '../storage/file-errors.ts';

/**
 * The keeper: a process between the starter and the program, whose channel to the starter closes when the
 * starter is gone. It starts the program itself, so that there is no moment at which nobody watches it. It is
 * text, so that it needs no file beside it.
 */
const KEEPER = `
const [folder, command, ...args] = process.argv.slice(1);
let program;
process.on('disconnect', () => program.kill('SIGKILL'));
process.on('SIGTERM', () => program.kill('SIGTERM'));
program = require('node:child_process').spawn(command, args, {
  stdio: ['ignore', 'inherit', 'inherit'],
});
program.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
program.on('spawn', () => process.connected && process.send(program.pid));
program.on('exit', (code) => {
  if (!process.connected) {
    require('node:fs').rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  }
  process.exit(code ?? 1);
});`;

export interface KeptProcess {
  /** The keeper, which has the program's output and exit code. SIGTERM is passed on to the program. */
  keeper: ChildProcess;
  /** The program's own process; never resolves when it could not be started. */
  processId: Promise<number>;
  /** Ends the program without asking it. */
  kill(): void;
}

/** Starts a program in `folder`, which is removed when the program outlived its starter. */
export function startKept(
  command: string,
  args: readonly string[],
  { folder, env }: { folder: string; env: Readonly<Record<string, string | undefined>> },
): KeptProcess {
  const keeper = spawn(process.execPath, ['-e', KEEPER, folder, command, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C reaches every process of the terminal's group: who ends the program is decided here alone.
    detached: true,
    windowsHide: true,
  });
  const processId = new Promise<number>((done) => {
    keeper.once('message', (message) => done(Number(message)));
  });
  return {
    keeper,
    processId,
    kill: () => {
      if (keeper.connected) {
        keeper.disconnect();
      } else {
        // The keeper itself was killed: nobody else ends the program.
        void processId.then(killIfThere);
      }
    },
  };
}

function killIfThere(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') {
      throw error;
    }
  }
}
