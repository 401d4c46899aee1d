import { join } from 'node:path';
import { ClicklakeError } from '../errors.ts';
import { runTool } from './run-tool.ts';

/** The oldest Java that Spark 4 runs on. */
const OLDEST_JAVA = 17;
const INSTALL_HINT = `install Java ${OLDEST_JAVA} or newer, for example: apt-get install default-jre-headless`;

/** The Java to start: that of JAVA_HOME, or the one on the path. Throws `server_unavailable`. */
export async function findJava(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  const result = await runTool(java, ['-version']);
  if (result === undefined) {
    const where = env.JAVA_HOME ? ` in JAVA_HOME (${env.JAVA_HOME})` : '';
    throw new ClicklakeError('server_unavailable', `Java is not installed${where}`, {
      hint: INSTALL_HINT,
    });
  }
  const version = javaVersion(result.output);
  if (version === undefined || version < OLDEST_JAVA) {
    const found = version === undefined ? 'a Java of unknown version' : `Java ${version}`;
    throw new ClicklakeError('server_unavailable', `${found} is too old for Spark 4`, {
      hint: `${INSTALL_HINT}; or name one with JAVA_HOME`,
    });
  }
  return java;
}

/** The feature release in the text of `java -version`: 17 of "17.0.15", 8 of "1.8.0_412". */
function javaVersion(text: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match === null ? undefined : Number(match[1]);
}
