/** The test projects. Each is a kind of proof with its own needs; `npm test` runs them all. */
import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], more: object = {}) => ({
  test: { name, include, testTimeout: 20_000, ...more },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts']),
      project('contracts', ['test/contracts/**/*.test.ts'], { testTimeout: 60_000, hookTimeout: 120_000 }),
      project('simulation', ['test/simulation/**/*.test.ts'], { testTimeout: 600_000 }),
      project('desktop', ['test/desktop/**/*.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        // They wait for pauses of a second and more most of the time.
        maxWorkers: 4,
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
    ],
  },
});
