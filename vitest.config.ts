import { defineConfig } from 'vitest/config';
import { LONG_ON_SPARK, ON_BOTH_ENGINES, SLOW } from './test/fixtures/test-files.ts';

/** Short files that start nothing: those of one worker share what they import. */
const LIGHT = [
  'test/{bronze,config,contract,cli,lake,mapping,project,verify}/**/*.test.ts',
  'test/engines/!(line-layout).test.ts',
  'test/powerbi/!(serializer).test.ts',
  'test/delta/!(interop|processes).test.ts',
];

/** `npm run test:long`: what is random or exhaustive goes further, from a seed that is printed. */
function longRun(): Record<string, string> {
  const seed = process.env.CLICKLAKE_TEST_SEED ?? String(Math.floor(Math.random() * 2 ** 31));
  console.log(`CLICKLAKE_TEST_SEED=${seed}`);
  return { CLICKLAKE_TEST_LONG: '1', CLICKLAKE_TEST_SEED: seed };
}

export default defineConfig(({ mode }) => {
  const env = mode === 'long' ? longRun() : {};
  const leftOut = mode === 'short' && process.env.CI !== 'true' ? SLOW : [];
  if (leftOut.length > 0) {
    console.log(`without ${leftOut.length} slow files; all of them: npm run test:all`);
  }
  // Projects are named in full: the file that they extend is read again, in another mode.
  const common = {
    env,
    // For what hangs: how long a test takes on a busy machine says nothing about the code.
    testTimeout: mode === 'long' ? 7_200_000 : 300_000,
  };
  return {
    test: {
      hookTimeout: 300_000,
      pool: 'forks',
      // A page on a busy machine takes longer than the second that is usual.
      expect: { poll: { timeout: 15_000 } },
      maxWorkers: 2,
      reporters: ['default', './test/fixtures/skipped-reporter.ts'],
      projects: [
        {
          extends: true,
          test: { ...common, name: 'light', include: LIGHT, isolate: false },
        },
        {
          extends: true,
          test: {
            ...common,
            name: 'main',
            include: ['test/**/*.test.ts'],
            exclude: [...LIGHT, 'test/spark/**', ...leftOut],
            globalSetup: 'test/fixtures/build.ts',
          },
        },
        {
          extends: true,
          test: {
            ...common,
            name: 'spark',
            include: ['test/spark/**/*.test.ts'],
            exclude: mode === 'long' ? [] : LONG_ON_SPARK,
            // They share one Spark, and some take all of it.
            fileParallelism: false,
            globalSetup: ['test/fixtures/build.ts', 'test/fixtures/spark-server.ts'],
          },
        },
        ...(mode === 'long'
          ? [
              {
                extends: true as const,
                test: {
                  ...common,
                  name: 'both-engines',
                  include: ON_BOTH_ENGINES,
                  // Not the longer form of the tests: on Spark the short one takes hours.
                  env: { CLICKLAKE_TEST_ENGINE: 'spark' },
                  fileParallelism: false,
                  globalSetup: 'test/fixtures/spark-server.ts',
                },
              },
            ]
          : []),
      ],
    },
  };
});
