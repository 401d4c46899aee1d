/**
 * The files of a Databricks Asset Bundle that runs the pipeline on a schedule.
 *
 * A job has no task that starts a program of one's own, and serverless compute lets none be installed:
 * the bundle brings one cluster. Its tasks are a Python script that puts Node.js and the bundle's
 * package on the driver and starts the command there. The command talks to Spark on the same cluster,
 * which the job has just started. So it never waits for compute that is not there.
 */
import type { PackedPackage } from './pack.ts';
import { bundleReadme } from './readme.ts';
import { RUN_SCRIPT } from './run-script.ts';

export interface BundleOptions {
  /** `abfss://…`; undefined: to be written in by hand. */
  lake: string | undefined;
  /** `https://…`; undefined: the one the Databricks CLI is configured for. */
  host: string | undefined;
  /** Where the tables are registered in Unity Catalog. */
  catalog: string;
  schema: string;
  /** What the job installs. */
  package: PackedPackage;
}

export interface BundleFile {
  /** In the bundle's folder, with `/`. */
  path: string;
  content: string | AsyncIterable<Uint8Array>;
}

export const PLACEHOLDER_LAKE = 'abfss://container@account.dfs.core.windows.net/lake';

export function bundleFiles(options: BundleOptions): BundleFile[] {
  return [
    { path: 'databricks.yml', content: bundle(options) },
    { path: 'resources/clicklake.cluster.yml', content: CLUSTER },
    { path: 'resources/clicklake.job.yml', content: JOB },
    { path: 'clicklake.yaml', content: configuration(options) },
    { path: 'scripts/run_clicklake.py', content: RUN_SCRIPT },
    { path: 'packages/clicklake.tgz', content: options.package.bytes },
    { path: 'README.md', content: bundleReadme(options) },
    { path: '.gitignore', content: '.databricks/\n' },
  ];
}

function bundle({ host }: BundleOptions): string {
  const workspace =
    host === undefined
      ? '      # Without it, the workspace that the Databricks CLI is configured for.\n      # host: https://adb-1234567890123456.7.azuredatabricks.net\n'
      : `      host: ${host}\n`;
  return `# A Databricks Asset Bundle that runs Clicklake on a schedule. README.md says what it needs.
bundle:
  name: clicklake

include:
  - resources/*.yml

# Sent to the workspace even where a .gitignore leaves such files out.
sync:
  include:
    - packages/*

variables:
  schedule:
    description: When the job runs, as a Quartz cron expression, in UTC.
    default: 0 15 * * * ?
  secret_scope:
    description: The scope of the secrets that README.md names.
    default: clicklake
  spark_version:
    description: The Databricks Runtime, 17.3 or newer (Spark 4).
    default: 17.3.x-scala2.13
  node_type_id:
    description: The machines of the cluster.
    default: Standard_D4ds_v5
  max_workers:
    description: Most machines that compute beside the driver.
    default: 4
  notify:
    description: Mail addresses that are told when the job fails after its retries.
    type: complex
    default: []

targets:
  # For trying out: every name carries the user's, schedules are paused.
  dev:
    mode: development
    default: true
    workspace:
${workspace}
  # Deploy it as the service principal that the job is to run as.
  prod:
    mode: production
    workspace:
${workspace}      root_path: /Workspace/Users/\${workspace.current_user.userName}/.bundle/\${bundle.name}/\${bundle.target}
`;
}

const CLUSTER = `# Runs both: the command, on the driver, and Spark. Only the user that deploys may use it, because
# its environment holds the secrets.
resources:
  clusters:
    clicklake:
      cluster_name: clicklake-\${bundle.target}
      spark_version: \${var.spark_version}
      node_type_id: \${var.node_type_id}
      autoscale:
        min_workers: 1
        max_workers: \${var.max_workers}
      autotermination_minutes: 15
      data_security_mode: SINGLE_USER
      single_user_name: \${workspace.current_user.userName}
      spark_env_vars:
        # How Clicklake reaches Spark on this cluster: a service principal of the workspace.
        DATABRICKS_HOST: \${workspace.host}
        DATABRICKS_CLIENT_ID: "{{secrets/\${var.secret_scope}/databricks-client-id}}"
        DATABRICKS_CLIENT_SECRET: "{{secrets/\${var.secret_scope}/databricks-client-secret}}"
        # How it reaches the lake itself: an application of Entra ID.
        AZURE_TENANT_ID: "{{secrets/\${var.secret_scope}/azure-tenant-id}}"
        AZURE_CLIENT_ID: "{{secrets/\${var.secret_scope}/azure-client-id}}"
        AZURE_CLIENT_SECRET: "{{secrets/\${var.secret_scope}/azure-client-secret}}"
`;

const JOB = `resources:
  jobs:
    clicklake:
      name: clicklake-\${bundle.target}
      # One at a time: two would share the work.
      max_concurrent_runs: 1
      timeout_seconds: 14400
      schedule:
        quartz_cron_expression: \${var.schedule}
        timezone_id: UTC
      email_notifications:
        on_failure: \${var.notify}
      tasks:
        - task_key: run
          existing_cluster_id: \${resources.clusters.clicklake.id}
          # A run that was cut off is continued by the next.
          max_retries: 2
          min_retry_interval_millis: 60000
          spark_python_task:
            python_file: ../scripts/run_clicklake.py
            parameters:
              - \${workspace.file_path}
              - \${resources.clusters.clicklake.id}
              - run
        - task_key: maintain
          depends_on:
            - task_key: run
          existing_cluster_id: \${resources.clusters.clicklake.id}
          spark_python_task:
            python_file: ../scripts/run_clicklake.py
            parameters:
              - \${workspace.file_path}
              - \${resources.clusters.clicklake.id}
              - maintain
`;

function configuration({ lake, catalog, schema }: BundleOptions): string {
  const note = lake === undefined ? '# Write in where it lies.\n' : '';
  return `# Configuration of Clicklake in the job; clicklake init writes one with every setting explained.
${note}lake: ${JSON.stringify(lake ?? PLACEHOLDER_LAKE)}

engine: spark
spark:
  # The host, the cluster and the credentials come from the environment of the job.
  url: databricks://
  catalog: ${JSON.stringify(catalog)}
  schema: ${JSON.stringify(schema)}
`;
}
