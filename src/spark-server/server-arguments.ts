/** What Java is started with. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILES_LARGE_METHODS } from '../engines/spark/session-settings.ts';

/** Compiles one source file in memory and runs it: a Java runtime has no compiler, Spark brings this one. */
const COMPILER_CLASS = 'org.codehaus.janino.SimpleCompiler';
const SERVER_CLASS = 'SharedCodeServer';
const SERVER_SOURCE = new URL(`../../spark-server/${SERVER_CLASS}.java`, import.meta.url);

/** Packages of Java that Spark reaches into; its own start scripts open the same. */
const OPENED_PACKAGES = [
  'java.base/java.lang',
  'java.base/java.lang.invoke',
  'java.base/java.lang.reflect',
  'java.base/java.io',
  'java.base/java.net',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.base/sun.nio.cs',
  'java.base/sun.security.action',
  'java.base/sun.util.calendar',
  'java.security.jgss/sun.security.krb5',
];

export function serverArguments(server: {
  jars: string;
  port: number;
  memory: string;
  cores: number | undefined;
  /** A folder for what Spark writes while it runs. */
  work: string;
}): string[] {
  return [
    `-Xmx${server.memory}`,
    '-XX:+IgnoreUnrecognizedVMOptions',
    // What Spark generates for a wide query is often more than Java compiles by default: the typed fields of
    // a line are one method, and parsing takes up to three times as long where it is interpreted.
    COMPILES_LARGE_METHODS,
    '-XX:MaxNodeLimit=240000',
    '-XX:NodeLimitFudgeFactor=8000',
    // Sessions share generated code, so that it stays: in a full code cache Java drops what it has compiled.
    '-XX:ReservedCodeCacheSize=512m',
    // Throughput counts here, not pauses: the default collector makes every write of a reference cost more.
    '-XX:+UseParallelGC',
    '--add-modules=jdk.incubator.vector',
    '--enable-native-access=ALL-UNNAMED',
    ...OPENED_PACKAGES.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    '-Djdk.reflect.useDirectMethodHandle=false',
    '-Dio.netty.tryReflectionSetAccessible=true',
    `-Djava.io.tmpdir=${server.work}`,
    `-Dderby.system.home=${server.work}`,
    ...Object.entries(sparkSettings(server)).map(([name, value]) => `-D${name}=${value}`),
    '-cp',
    join(server.jars, '*'),
    COMPILER_CLASS,
    fileURLToPath(SERVER_SOURCE),
    SERVER_CLASS,
  ];
}

function sparkSettings(server: {
  port: number;
  cores: number | undefined;
  work: string;
}): Record<string, string> {
  const committer = 'org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory';
  return {
    'spark.master': `local[${server.cores ?? '*'}]`,
    'spark.app.name': 'clicklake',
    // Java has it already; sessions read it here.
    'spark.driver.extraJavaOptions': COMPILES_LARGE_METHODS,
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': String(server.port),
    'spark.sql.extensions': 'io.delta.sql.DeltaSparkSessionExtension',
    'spark.sql.catalog.spark_catalog': 'org.apache.spark.sql.delta.catalog.DeltaCatalog',
    'spark.sql.session.timeZone': 'UTC',
    // As many as a few cores need; the default of 200 is for a cluster.
    'spark.sql.shuffle.partitions': '4',
    // Of a table's log; 50 by default, and each of them takes a moment.
    'spark.databricks.delta.snapshotPartitions': '1',
    // One class loader for all sessions; see SharedCodeServer.
    'spark.sql.artifact.isolation.enabled': 'false',
    'spark.sql.artifact.isolation.alwaysApplyClassloader': 'false',
    // All that a few kinds of runs generate; a single run is some 1,400 classes, and the default is 100.
    'spark.sql.codegen.cache.maxEntries': '5000',
    'spark.sql.warehouse.dir': join(server.work, 'warehouse'),
    'spark.local.dir': join(server.work, 'scratch'),
    'spark.ui.enabled': 'false',
    'spark.hadoop.fs.abfss.impl': 'org.apache.hadoop.fs.azurebfs.AzureBlobFileSystem',
    'spark.hadoop.mapreduce.outputcommitter.factory.scheme.abfs': committer,
    'spark.hadoop.mapreduce.outputcommitter.factory.scheme.abfss': committer,
  };
}
