import { defineConfig } from 'vitest/config'

/** Tests that kill what others would need: each has a sandbox of its own, and waits most of its time. */
const STORMS = ['test/e2e/kills.test.ts', 'test/e2e/soak.test.ts', 'test/e2e/fault-kills.test.ts']

const ON_MESH = {
  // What the API server's own watches bring, such as rights and parameters of policies, may take its time.
  expect: { poll: { timeout: 30_000 } },
  testTimeout: 180_000,
  hookTimeout: 180_000,
} as const

/**
 * Five projects: what needs nothing but this repository, what needs Temporal, what needs a mesh, what judges canaries on
 * one, and what kills one. Never at once: see scripts/test.ts.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/e2e/**', 'test/workflows/**', 'test/replay/**'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'workflows',
          include: ['test/workflows/**/*.test.ts', 'test/replay/**/*.test.ts'],
          globalSetup: ['test/workflows/setup.ts'],
          // They wait most of their time, each for releases of its own.
          sequence: { concurrent: true },
          maxConcurrency: 20,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'mesh',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/mesh/setup.ts'],
          // Each worker has a sandbox of its own; they wait most of their time.
          maxWorkers: process.env['SLUICE_SANDBOX'] === undefined ? 2 : 1,
          ...ON_MESH,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: STORMS,
          globalSetup: ['test/mesh/setup.ts'],
          // On few processors a second file would slow the first, and a slow canary is a bad canary.
          fileParallelism: false,
          ...ON_MESH,
        },
      },
      {
        test: {
          name: 'storms',
          include: STORMS,
          maxWorkers: 2,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
