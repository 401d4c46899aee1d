/** Loaded into a measured process (`--import`): on exit it notes what the process has used. */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = {
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMb: (peakKibibytes() ?? maxRSS) * 1.024e-3,
    readMb: readMb(),
  };
  writeFileSync(process.env.BENCH_USAGE_FILE ?? '', JSON.stringify(usage));
});

/** Linux lets a process inherit its parent's peak in maxRSS; this figure is its own. */
function peakKibibytes() {
  try {
    const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes);
  } catch {
    return undefined;
  }
}

/** Undefined where the system does not tell. */
function readMb() {
  try {
    const [, bytes] = /rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8')) ?? [];
    return bytes === undefined ? undefined : Number(bytes) / 1e6;
  } catch {
    return undefined;
  }
}
