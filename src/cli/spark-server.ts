import { homedir } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { userCacheFolder } from '../config/cache-folder.ts';
import { ClicklakeError } from '../errors.ts';
import { ARCHIVE_LISTS, NEWEST_RELEASE, type SparkRelease } from '../spark-server/releases.ts';
import type { Cli } from './cli.ts';
import { examples } from './help-text.ts';
import { aborted, readPort } from './serving.ts';

interface SparkServerFlags {
  sparkVersion: SparkRelease;
  port: number;
  memory: string;
}

export function registerSparkServer(program: Command, cli: Cli): void {
  program
    .command('spark-server')
    .summary('start a local Spark server for trying it out')
    .description(
      'Starts Apache Spark with Delta Lake and Azure storage as a Spark Connect server that only this machine reaches, until Ctrl-C. Needs Java 17 or newer; the first start fetches Spark (about 310 MB) with Maven into ~/.cache/clicklake.',
    )
    .addOption(
      new Option('--spark-version <release>', 'the release of Spark, with its Delta Lake')
        .choices(Object.keys(ARCHIVE_LISTS))
        .default(NEWEST_RELEASE),
    )
    .option('--port <number>', 'port to listen on; 0: any free one', readPort, 15_002)
    .option(
      '--memory <size>',
      "the largest heap of Spark's Java, such as 1500m or 4g",
      readMemory,
      '2g',
    )
    .addHelpText(
      'after',
      examples([
        ['clicklake spark-server', 'then use the address it prints'],
        ['clicklake spark-server --port 0 --memory 4g', ''],
        ['clicklake spark-server --spark-version 4.1', 'that of Databricks Runtime 18'],
        ['clicklake spark-server --spark-version 4.0', 'that of Databricks Runtime 17.3'],
      ]),
    )
    .action(async (flags: SparkServerFlags, command: Command) => {
      const output = cli.output(command);
      const { startSparkServer } = await import('../spark-server/start-server.ts');
      const { sparkVersion: release, ...others } = flags;
      const server = await startSparkServer({
        ...{ release, ...others },
        cacheFolder: userCacheFolder(process.env, homedir()),
        env: process.env,
        signal: cli.signal,
        onFetch: () => void output.note('fetching Spark with Maven, about 310 MB'),
      });
      const { address, sparkVersion, processId } = server;
      await output.report({ address, sparkVersion, processId }, () => [
        `Spark ${sparkVersion} with Delta Lake: ${address}`,
        'Ctrl-C ends it',
      ]);
      const reason = await Promise.race([server.ended, aborted(cli.signal)]);
      await server.stop();
      if (reason !== undefined) {
        throw new ClicklakeError(
          'server_unavailable',
          `Spark has stopped unexpectedly: ${reason}`,
          {
            hint: 'start it again, with more --memory if it ran out',
          },
        );
      }
    });
}

function readMemory(text: string): string {
  const match = /^(\d{1,6})([mg])$/i.exec(text);
  const megabytes = Number(match?.[1]) * (match?.[2]?.toLowerCase() === 'g' ? 1024 : 1);
  if (!(megabytes >= 512)) {
    throw new InvalidArgumentError(
      'a size is a number with m or g, such as 1500m or 4g, of 512m or more.',
    );
  }
  return text.toLowerCase();
}
