import { defineConfig } from 'vitest/config';

const onSpark = {
  // They share one Spark, and some take all of it.
  fileParallelism: false,
  globalSetup: 'test/fixtures/spark-server.ts',
};

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'main', include: ['test/**/*.test.ts'], exclude: ['test/spark/**'] },
      },
      {
        extends: true,
        test: {
          ...onSpark,
          name: 'spark',
          include: ['test/spark/**/*.test.ts'],
          exclude: ['test/spark/long/**'],
        },
      },
      {
        extends: true,
        test: { ...onSpark, name: 'spark-long', include: ['test/spark/long/**/*.test.ts'] },
      },
    ],
  },
});
