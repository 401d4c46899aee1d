/**
 * Prints the outcome of a test run as one plain line, from the JSON report of vitest:
 * `node scripts/print-test-count.mjs <report.json>` -> `412 passed, 0 failed, 2 skipped`.
 * Ends with 1 unless everything passed.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// A file that cannot even be loaded has no tests to fail.
const brokenFiles = report.testResults.filter(
  (file) =>
    file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
).length;
const failed = report.numFailedTests + brokenFiles;
const skipped = report.numPendingTests + report.numTodoTests;

for (const file of report.testResults) {
  for (const test of file.assertionResults) {
    if (test.status === 'pending' || test.status === 'skipped') {
      console.log(`skipped: ${test.fullName}`);
    }
  }
}
console.log(
  `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exitCode = failed === 0 && report.success ? 0 : 1;
