/**
 * Prints the outcome of test runs together as one plain line, from the JSON reports of vitest:
 * `node scripts/print-test-count.mjs <report.json>…` -> `412 passed, 0 failed, 2 skipped`.
 * A report that is not there counts as a failure. Ends with 1 unless everything passed.
 */
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';

const counts = process.argv.slice(2).map(countReport);
const sum = (name) => counts.reduce((total, count) => total + count[name], 0);
const skipped = sum('skipped');
console.log(
  `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exitCode = sum('failed') === 0 && counts.every(({ success }) => success) ? 0 : 1;

function countReport(path) {
  if (!existsSync(path)) {
    return { passed: 0, failed: 1, skipped: 0, success: false };
  }
  const report = JSON.parse(readFileSync(path, 'utf8'));
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'pending' || test.status === 'skipped') {
        console.log(`skipped: ${test.fullName}`);
      }
    }
  }
  // A file that cannot even be loaded has no tests to fail.
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
    success: report.success,
  };
}
