/** What each task of the job runs. */

const NODE_VERSION = '20.20.2';
/** The archive's name without its end, and where it is. */
export const NODE = `node-v${NODE_VERSION}-linux-x64`;
export const NODE_SITE = `https://nodejs.org/dist/v${NODE_VERSION}`;

export const RUN_SCRIPT = `"""Starts clicklake on the driver: run_clicklake.py BUNDLE CLUSTER_ID ARGUMENT...

The first task after a start of the cluster puts Node.js and the package of the bundle on the driver's
disk; the programs of the cluster stay as they are. What clicklake prints goes to the output of the
task; when it fails, so does the task.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

NODE = "${NODE}"
NODE_SITE = "${NODE_SITE}"


def main(bundle, cluster_id, *arguments):
    if platform.machine() != "x86_64":
        raise SystemExit(f"Clicklake's cluster needs x64 processors, not {platform.machine()}")
    home = installed(bundle / "packages")
    environment = {**os.environ, "DATABRICKS_CLUSTER_ID": cluster_id}
    program = home / "app" / "node_modules" / "clicklake" / "dist" / "main.js"
    config = ["--config", bundle / "clicklake.yaml"]
    # Line by line, so that a long run is seen at work.
    with subprocess.Popen(
        [home / NODE / "bin" / "node", program, *config, *arguments],
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


def installed(packages):
    """The folder of Node.js and this package on the driver. Installs them if need be."""
    package = packages / "clicklake.tgz"
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    home = Path(tempfile.gettempdir()) / f"clicklake-{digest[:16]}-{NODE}"
    if home.exists():
        return home
    work = Path(tempfile.mkdtemp(prefix="clicklake-"))
    try:
        with tarfile.open(node_archive(packages, work)) as archive:
            archive.extractall(work, filter="data")
        app = work / "app"
        app.mkdir()
        subprocess.run(
            [work / NODE / "bin" / "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", package],
            cwd=app,
            env={**os.environ, "PATH": f"{work / NODE / 'bin'}:{os.environ['PATH']}"},
            check=True,
        )
        work.rename(home)
    except OSError:
        # Another task may have been first.
        if not home.exists():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return home


def node_archive(packages, work):
    """That of the bundle if there is one, else from nodejs.org, whose checksum it must have."""
    archive = packages / f"{NODE}.tar.gz"
    if archive.exists():
        return archive
    archive = work / archive.name
    with urllib.request.urlopen(f"{NODE_SITE}/SHASUMS256.txt") as response:
        lines = response.read().decode().splitlines()
    expected = {name: digest for digest, name in map(str.split, lines)}[archive.name]
    with urllib.request.urlopen(f"{NODE_SITE}/{archive.name}") as response:
        archive.write_bytes(response.read())
    if hashlib.sha256(archive.read_bytes()).hexdigest() != expected:
        raise SystemExit(f"{archive.name} is damaged: its checksum is not the one of nodejs.org")
    return archive


main(Path(sys.argv[1]), *sys.argv[2:])
`;
