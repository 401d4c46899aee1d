/** What the models need of a Spark server that older releases lack. */
import { ClicklakeError } from '../../errors.ts';
import { type SparkConnection, SparkError } from './connect/index.ts';

/** Each with a statement that fails where it is missing. */
const REQUIREMENTS: readonly { name: string; trial: string }[] = [
  { name: 'SQL scripts (BEGIN … END)', trial: 'BEGIN SELECT 1; END' },
  {
    name: 'SQL functions (CREATE FUNCTION … RETURN)',
    trial: 'CREATE OR REPLACE TEMPORARY FUNCTION clicklake_trial() RETURNS INT RETURN 1',
  },
  { name: 'is_valid_utf8()', trial: "SELECT is_valid_utf8('a')" },
];

/** The names of what this server lacks; a few statements, after the settings of the session are made. */
export async function findMissing(connection: SparkConnection): Promise<string[]> {
  const missing: string[] = [];
  for (const { name, trial } of REQUIREMENTS) {
    try {
      await connection.run(trial);
    } catch (error) {
      if (!(error instanceof SparkError) || error.code !== 'query_failed') {
        throw error;
      }
      missing.push(name);
    }
  }
  return missing;
}

/**
 * Throws `config_invalid`, naming what is missing. Spark 4.1 has it all, 4.0 with a setting; some hosted
 * releases before 4 do too, so that they are asked and not told by their version.
 */
export async function requireCapable(connection: SparkConnection): Promise<void> {
  const { sparkVersion } = connection;
  if (!/^(?:[0-3]|4\.0)\./.test(sparkVersion)) {
    return;
  }
  const missing = await findMissing(connection);
  if (missing.length > 0) {
    throw new ClicklakeError(
      'config_invalid',
      `this server runs Spark ${sparkVersion}, which lacks ${missing.join(', ')}`,
      {
        hint: 'use Spark 4.0 or newer with its Delta Lake: clicklake spark-server, or Databricks Runtime 17.3 or newer',
      },
    );
  }
}
