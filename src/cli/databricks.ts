import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isRemoteAddress } from '../config/lake-address.ts';
import { ClicklakeError } from '../errors.ts';
import type { Cli } from './cli.ts';
import { registerDatabricksCheck } from './databricks-check.ts';
import { formatQuantity } from './format.ts';
import { examples } from './help-text.ts';

interface InitFlags {
  host?: string;
  catalog?: string;
  schema?: string;
  dependencies: boolean;
  force?: boolean;
}

export function registerDatabricks(program: Command, cli: Cli): void {
  const databricks = program
    .command('databricks')
    .summary('run the pipeline on Databricks on a schedule')
    .description('What a Databricks workspace needs to run the pipeline (docs/databricks.md).');
  databricks
    .command('init')
    .summary('write a Databricks Asset Bundle')
    .description(
      'Writes a Databricks Asset Bundle: a scheduled job, its cluster, the configuration, this package with its\ndependencies (about 28 MB), and a README that lists the permissions. Deploy it with the Databricks CLI.',
    )
    .argument('[folder]', 'target folder; created if missing', 'databricks')
    .option(
      '--host <name>',
      'the workspace (default: the one the Databricks CLI is configured for)',
    )
    .option('--catalog <name>', 'catalog of the tables (default: spark.catalog, else main)')
    .option('--schema <name>', 'schema of the tables (default: spark.schema, else clicklake)')
    .option('--no-dependencies', 'leave them to npm on the cluster, which then needs a registry')
    .option('--force', 'overwrite files that are there')
    .addHelpText(
      'after',
      examples([
        ['clicklake databricks init', ''],
        [
          'clicklake databricks init jobs/clicklake --lake abfss://shop@acme.dfs.core.windows.net/lake \\\n      --host adb-1.2.azuredatabricks.net --catalog main --schema shop',
          '',
        ],
      ]),
    )
    .action(async (folder: string, flags: InitFlags, command: Command) => {
      const output = cli.output(command);
      const settings = await cli.settings(command);
      const { bundleFiles, PLACEHOLDER_LAKE } = await import(
        '../databricks-bundle/bundle-files.ts'
      );
      const { packPackage } = await import('../databricks-bundle/pack.ts');
      const packed = await packPackage({ withDependencies: flags.dependencies });
      const lake = isRemoteAddress(settings.lake) ? settings.lake : undefined;
      const files = bundleFiles({
        lake,
        host: readHost(flags.host),
        catalog: flags.catalog ?? settings.spark.catalog ?? 'main',
        schema: flags.schema ?? settings.spark.schema ?? 'clicklake',
        package: packed,
      });
      const target = resolve(cli.io.cwd, folder);
      const { writeBundle } = await import('../databricks-bundle/write-bundle.ts');
      await writeBundle(target, files, { isForced: flags.force === true });
      const report = {
        folder: target,
        files: files.map(({ path }) => path),
        includesDependencies: packed.isWhole,
      };
      await output.report(report, () => [
        `wrote ${formatQuantity(files.length, 'file')} to ${folder}`,
        'next:',
        ...(lake === undefined ? [`  write the lake into ${folder}/clicklake.yaml`] : []),
        `  read ${folder}/README.md: permissions and secrets`,
        `  cd ${folder} && databricks bundle validate`,
      ]);
      if (lake === undefined) {
        await output.note(`the lake is not in Azure: clicklake.yaml names ${PLACEHOLDER_LAKE}`);
      }
      if (flags.dependencies && !packed.isWhole) {
        await output.note(
          'the dependencies for Linux (x64) are not installed here: npm fetches them on the cluster; init on such a machine puts them into the package',
        );
      }
    });
  registerDatabricksCheck(databricks, cli);
}

function readHost(text: string | undefined): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  const address = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'https:' && url.username === '') {
    return url.origin;
  }
  throw new ClicklakeError('usage', `"${text}" is not the host of a workspace`, {
    hint: 'for example adb-1234567890123456.7.azuredatabricks.net',
  });
}
