/** What runs on the cluster: one script when it starts, one for each task. */
import type { BundleFile } from './bundle-files.ts';

/** Installed on the cluster, whose own programs stay as they are. */
const NODE_VERSION = '20.20.2';

export function jobScripts(version: string): BundleFile[] {
  return [
    { path: 'scripts/install-clicklake.sh', text: installScript(version) },
    { path: 'scripts/run_clicklake.py', text: RUN_SCRIPT },
  ];
}

function installScript(version: string): string {
  return `#!/bin/bash
# Puts Node.js and Clicklake into /opt/clicklake on the driver when the cluster starts.
set -euo pipefail

if [ "\${DB_IS_DRIVER:-TRUE}" != "TRUE" ]; then
  exit 0
fi

node_version="${NODE_VERSION}"
package="\${CLICKLAKE_PACKAGE:-clicklake@${version}}"
case "$(uname -m)" in
  aarch64) machine=arm64 ;;
  *) machine=x64 ;;
esac
archive="node-v\${node_version}-linux-\${machine}.tar.gz"
site="https://nodejs.org/dist/v\${node_version}"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
curl --fail --silent --show-error --location --retry 5 --remote-name "$site/$archive"
curl --fail --silent --show-error --location --retry 5 --remote-name "$site/SHASUMS256.txt"
grep " $archive\\$" SHASUMS256.txt | sha256sum --check --quiet -

mkdir -p /opt/clicklake
tar --extract --gzip --file "$archive" --directory /opt/clicklake --strip-components 1
export PATH="/opt/clicklake/bin:$PATH"
npm install --global --no-fund --no-audit "$package"
clicklake --version
`;
}

const RUN_SCRIPT = `"""Starts clicklake on the driver: run_clicklake.py CLUSTER_ID CONFIG ARGUMENT...

What it prints goes to the output of the task; when it fails, so does the task.
"""

import os
import subprocess
import sys

cluster_id, config, *arguments = sys.argv[1:]
environment = {
    **os.environ,
    "PATH": "/opt/clicklake/bin:" + os.environ["PATH"],
    "DATABRICKS_CLUSTER_ID": cluster_id,
}
command = ["clicklake", "--config", config, *arguments]

# Line by line, so that a long run is seen at work.
with subprocess.Popen(
    command,
    env=environment,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
    encoding="utf-8",
) as process:
    for line in process.stdout:
        print(line, end="", flush=True)

if process.returncode != 0:
    raise SystemExit(f"clicklake {' '.join(arguments)} ended with {process.returncode}")
`;
