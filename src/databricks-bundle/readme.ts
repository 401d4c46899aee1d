/** What a person must know and do before the bundle works. */
import type { BundleOptions } from './bundle-files.ts';
import { NODE, NODE_SITE } from './run-script.ts';

export function bundleReadme(options: BundleOptions): string {
  const { lake, catalog, schema } = options;
  const place = /^abfss:\/\/([^@/]+)@([^./]+)/.exec(lake ?? '');
  const container = place?.[1] ?? '<container>';
  const account = place?.[2] ?? '<account>';
  const url = `abfss://${container}@${account}.dfs.core.windows.net/`;
  return `# Clicklake on Databricks

This bundle runs Clicklake on a schedule: new files of events in the lake become the Silver and Gold tables of
\`${catalog}.${schema}\`. It was written by \`clicklake databricks init\` and is yours to change.

| file | what it is |
|---|---|
| \`databricks.yml\` | the bundle: variables, the targets \`dev\` and \`prod\` |
| \`resources/clicklake.cluster.yml\` | the cluster; it starts for a run and ends after 15 idle minutes |
| \`resources/clicklake.job.yml\` | the job: \`clicklake run\`, then \`clicklake maintain\` |
| \`clicklake.yaml\` | the lake, and where its tables are registered |
| \`packages/clicklake.tgz\` | the package of Clicklake that wrote this bundle${options.package.isWhole ? ', with its dependencies' : ''} |
| \`scripts/run_clicklake.py\` | puts Node.js and the package on the driver if they are not there, and starts the command |

The command runs on the driver and talks to Spark on the same cluster. Serverless compute is no choice here: nothing
can be installed on it, and it does not let the settings be made that carry Clicklake's transactions.

## Once

1. **The identity.** A service principal of the workspace with an OAuth secret; deploy as it. It needs the permission
   to create clusters (or take a cluster policy in \`resources/clicklake.cluster.yml\`).
2. **The storage.** Clicklake reads and writes the lake itself, beside Spark. Give an application of Entra ID the role
   *Storage Blob Data Contributor* on the container \`${container}\` of the account \`${account}\`. It may be the same
   service principal.
3. **Spark's way to the storage.** A storage credential (an access connector with the same role) and an external
   location:

   \`\`\`sql
   CREATE EXTERNAL LOCATION clicklake URL '${url}' WITH (STORAGE CREDENTIAL \`<credential>\`);
   GRANT READ FILES, WRITE FILES, CREATE EXTERNAL TABLE ON EXTERNAL LOCATION clicklake TO \`<application id>\`;
   \`\`\`

4. **The schema.**

   \`\`\`sql
   CREATE SCHEMA IF NOT EXISTS ${catalog}.${schema};
   GRANT USE CATALOG ON CATALOG ${catalog} TO \`<application id>\`;
   GRANT USE SCHEMA, CREATE TABLE, SELECT, MODIFY ON SCHEMA ${catalog}.${schema} TO \`<application id>\`;
   \`\`\`

   Who reads the tables needs \`USE CATALOG\`, \`USE SCHEMA\` and \`SELECT\`.
5. **The secrets**, in a scope that the service principal may read. They stand in no file: the cluster names them as
   \`{{secrets/…}}\`.

   \`\`\`sh
   databricks secrets create-scope clicklake
   for key in databricks-client-id databricks-client-secret azure-tenant-id azure-client-id azure-client-secret; do
     databricks secrets put-secret clicklake "$key"
   done
   databricks secrets put-acl clicklake <application id> READ
   \`\`\`

6. **The network.** ${network(options)}

## Every time

\`\`\`sh
databricks bundle validate
databricks bundle deploy                      # dev: names carry yours, the schedule is paused
databricks bundle run clicklake
databricks bundle deploy --target prod        # as the service principal
\`\`\`

New events are taken in from anywhere with \`clicklake ingest <files> --lake ${lake ?? 'abfss://…'}\`, or dropped as files
into \`bronze/<source>/\` of the lake: the next run finds them.

## When it fails

A run that was cut off is continued by the next; nothing is lost or counted twice. The output of the task shows what the
command said, with what to do. \`access_refused\` names what the identity lacks. Mail addresses in the variable \`notify\` of
\`databricks.yml\` (\`default: [ann@example.com]\`) are told when the job fails after its retries.

## A new version of Clicklake

Update the command, then \`clicklake databricks init . --force\` in this folder, \`git diff\` for what you had changed,
and deploy. The next task installs the new package.
`;
}

function network({ package: { isWhole } }: BundleOptions): string {
  const packages = isWhole
    ? `The package needs no registry: what it depends on is inside, for machines with Linux on x64, as the
   clusters of Databricks in Azure are.`
    : `The package contains Clicklake alone: npm fetches what it depends on, from its own registry or the
   one that the variable \`NPM_CONFIG_REGISTRY\` in \`spark_env_vars\` names. A bundle written on Linux on x64,
   without \`--no-dependencies\`, needs none.`;
  return `${packages} The first task after a start of the cluster fetches Node.js from nodejs.org (its
   checksum is compared). Where that is not allowed, put the archive into the bundle, beside the package:

   \`\`\`sh
   curl -o packages/${NODE}.tar.gz ${NODE_SITE}/${NODE}.tar.gz
   \`\`\``;
}
