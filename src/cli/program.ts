/** The command line: the program and its commands. */
import { Command, Option } from 'commander';
import { ClicklakeError } from '../errors.ts';
import { packageVersion } from '../version.ts';
import type { Cli } from './cli.ts';
import { registerDashboard } from './dashboard.ts';
import { registerDatabricks } from './databricks.ts';
import { registerDemo } from './demo.ts';
import { examples } from './help-text.ts';
import { registerIngest } from './ingest.ts';
import { registerInit } from './init.ts';
import { registerMaintain } from './maintain.ts';
import { registerPowerbi } from './powerbi.ts';
import { registerQuarantine } from './quarantine.ts';
import { registerQuery } from './query.ts';
import { registerRun } from './run.ts';
import { registerSimulate } from './simulate.ts';
import { registerSparkServer } from './spark-server.ts';
import { registerStatus } from './status.ts';
import { registerVerify } from './verify.ts';

/**
 * Parsing throws commander's errors instead of ending the process. Help is written through
 * `writeHelp`. The caller runs `program.parseAsync(argv, { from: 'user' })`.
 */
export function createProgram(cli: Cli, writeHelp: (text: string) => void): Command {
  const program = new Command('clicklake')
    .description(
      'A clickstream lakehouse: raw shop events in, Delta Lake tables of business numbers out.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .addOption(
      new Option('--lake <address>', 'the lake: a folder or a storage address (default: ./lake)'),
    )
    .addOption(
      new Option('--engine <name>', 'the engine (default: duckdb)').choices([
        'duckdb',
        'spark',
        'auto',
      ]),
    )
    .addOption(
      new Option(
        '--spark-url <address>',
        'server of the spark engine: sc://host:port or databricks://host',
      ),
    )
    .addOption(
      new Option('--config <file>', 'configuration file (default: ./clicklake.yaml if there)'),
    )
    .option('--json', 'print the result as JSON; errors too')
    .option('--verbose', 'print more details, and the stack of an error')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: writeHelp,
      writeErr: writeHelp,
      // The error is thrown too, and all errors are reported in one place.
      outputError: () => {},
      getOutHelpWidth: () => helpWidth(cli),
      getErrHelpWidth: () => helpWidth(cli),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      examples([
        ['clicklake demo', 'show the whole pipeline on simulated data'],
        ['clicklake init', 'write a commented clicklake.yaml'],
        ['clicklake ingest events/*.json.gz', 'copy files into the lake'],
        ['clicklake run', 'compute Silver and Gold'],
        ['clicklake query "SELECT * FROM gold_conversion_metrics"', ''],
      ]),
    );
  const registrations = [
    registerDemo,
    registerInit,
    registerSimulate,
    registerIngest,
    registerRun,
    registerStatus,
    registerQuery,
    registerQuarantine,
    registerVerify,
    registerMaintain,
    registerDashboard,
    registerPowerbi,
    registerDatabricks,
    registerSparkServer,
  ];
  for (const register of registrations) {
    register(program, cli);
  }
  return program.hook('preAction', (_program, command) => refuseEmptyValues(command));
}

/** Refuses `--lake "$LAKE"` with an unset variable: an empty path would mean the working folder. */
function refuseEmptyValues(command: Command): void {
  for (let owner: Command | null = command; owner !== null; owner = owner.parent) {
    for (const option of owner.options) {
      if (owner.getOptionValue(option.attributeName()) === '') {
        throw new ClicklakeError('usage', `the value of ${option.long} is empty`, {
          hint: `give a value, or leave out ${option.long}`,
        });
      }
    }
  }
  const values = command.processedArgs.flat();
  if (values.some((value) => value === '')) {
    const [argument] = command.registeredArguments;
    throw new ClicklakeError('usage', `an argument <${argument?.name()}> is empty`, {
      hint: `see clicklake ${command.name()} --help`,
    });
  }
}

/** Lines of more than 100 characters are hard to read, however wide the terminal is. */
function helpWidth(cli: Cli): number {
  return Math.min(cli.io.stdout.columns() ?? 100, 100);
}
