import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFixture } from './fixture.ts'

interface Summary {
  readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[]
  readonly ruleSetUsed: {
    readonly forbidden: readonly { readonly name: string; readonly comment?: string }[]
  }
}

/** What may be imported: file, import. */
const allowed: [string, string][] = [
  ['src/api/a.ts', `import 'zod'`],
  ['src/core/a.ts', `import '../api/names.ts'`],
  ['src/core/b.ts', `import type { T } from '../api/schema.ts'`],
  ['src/workflows/a.ts', `import type { T } from '../activities/target.ts'; import '@temporalio/workflow'`],
  ['src/activities/a.ts', `import '../core/target.ts'; import type { T } from '../ports.ts'`],
  ['src/adapters/istio/a.ts', `import '../kubernetes/target.ts'; import '@kubernetes/client-node'`],
  ['src/adapters/prometheus/a.ts', `import 'axios'; import 'node:fs'`],
  [
    'src/adapters/temporal/a.ts',
    `import type { T } from '../../workflows/target.ts'; import type { L } from 'pino'`,
  ],
  ['src/controller/a.ts', `import 'p-queue'; import 'node:timers/promises'; import '../telemetry/target.ts'`],
  ['src/cli/context.ts', `import '../adapters/temporal/target.ts'`],
  ['src/main/a.ts', `import '../controller/target.ts'; import '../adapters/temporal/target.ts'`],
  ['sandbox/a.ts', `import '../src/api/names.ts'; import '../src/adapters/kubernetes/target.ts'`],
]

// There is one ports.ts only, so it breaks both of its rules at once.
const PORTS = `import './adapters/temporal/target.ts'`

/** What may not: rule, file, import. */
const forbidden: [string, string, string][] = [
  ['api-imports', 'src/api/up.ts', `import '../core/target.ts'`],
  ['core-imports', 'src/core/node.ts', `import 'node:fs'`],
  ['core-imports', 'src/core/library.ts', `import 'yaml'`],
  ['core-imports', 'src/core/up.ts', `import type { T } from '../ports.ts'`],
  ['no-schemas-in-core-and-workflows', 'src/core/schema.ts', `import '../api/schema.ts'`],
  ['workflows-imports', 'src/workflows/node.ts', `import 'node:crypto'`],
  ['workflows-imports', 'src/workflows/ports.ts', `import type { T } from '../ports.ts'`],
  ['workflows-imports', 'src/workflows/adapter.ts', `import '../adapters/temporal/target.ts'`],
  ['workflows-see-activity-types', 'src/workflows/call.ts', `import '../activities/target.ts'`],
  ['no-schemas-in-core-and-workflows', 'src/workflows/schema.ts', `import '../api/schema.ts'`],
  [
    'activities-imports',
    'src/activities/adapter.ts',
    `import type { T } from '../adapters/temporal/target.ts'`,
  ],
  ['activities-imports', 'src/activities/workflow.ts', `import type { T } from '../workflows/target.ts'`],
  ['activities-imports', 'src/activities/disk.ts', `import 'node:fs'`],
  ['controller-imports', 'src/controller/adapter.ts', `import '../adapters/temporal/target.ts'`],
  ['controller-imports', 'src/controller/server.ts', `import '../server/target.ts'`],
  ['server-imports', 'src/server/adapter.ts', `import '../adapters/temporal/target.ts'`],
  ['telemetry-imports', 'src/telemetry/up.ts', `import '../controller/target.ts'`],
  ['cli-imports', 'src/cli/server.ts', `import '../server/target.ts'`],
  ['cli-context-makes-adapters', 'src/cli/get.ts', `import '../adapters/temporal/target.ts'`],
  ['adapters-imports', 'src/adapters/slack/other.ts', `import '../temporal/target.ts'`],
  ['adapters-imports', 'src/adapters/slack/up.ts', `import type { T } from '../../activities/target.ts'`],
  ['adapters-kubernetes-is-istios-base', 'src/adapters/slack/kube.ts', `import '../kubernetes/target.ts'`],
  [
    'kubernetes-client-node-stays-home',
    'src/controller/kube.ts',
    `import type { T } from '@kubernetes/client-node'`,
  ],
  [
    'adapters-temporal-alone-knows-workflows',
    'src/adapters/slack/workflow.ts',
    `import type { T } from '../../workflows/target.ts'`,
  ],
  ['adapters-see-workflow-types', 'src/adapters/temporal/workflow.ts', `import '../../workflows/target.ts'`],
  ['axios-stays-home', 'src/server/http.ts', `import 'axios'`],
  ['temporalio-client-stays-home', 'src/cli/temporal.ts', `import '@temporalio/client'`],
  ['temporalio-worker-stays-home', 'src/controller/worker.ts', `import '@temporalio/worker'`],
  ['temporalio-workflow-stays-home', 'src/core/workflow.ts', `import '@temporalio/workflow'`],
  ['temporalio-activity-stays-home', 'src/adapters/temporal/activity.ts', `import '@temporalio/activity'`],
  ['fastify-stays-home', 'src/main/fastify.ts', `import 'fastify'`],
  ['loggers-come-from-telemetry', 'src/controller/pino.ts', `import 'pino'`],
  ['prom-client-stays-home', 'src/controller/prom.ts', `import 'prom-client'`],
  ['commander-stays-home', 'src/server/commander.ts', `import 'commander'`],
  ['commander-js-extra-typings-stays-home', 'src/server/typings.ts', `import '@commander-js/extra-typings'`],
  ['ports-imports', 'src/ports.ts', PORTS],
  ['ports-are-types', 'src/ports.ts', PORTS],
  ['nobody-imports-main', 'src/cli/main.ts', `import '../main/target.ts'`],
  ['nobody-imports-main', 'test/main.ts', `import '../src/main/target.ts'`],
  ['src-stands-alone', 'src/main/sandbox.ts', `import '../../sandbox/target.ts'`],
  ['src-stands-alone', 'src/main/test.ts', `import type { T } from '../../test/target.ts'`],
  ['sandbox-is-the-outside', 'sandbox/decides.ts', `import '../src/core/target.ts'`],
  ['no-cycles', 'src/core/cycle.ts', `import './elcyc.ts'`],
  ['no-orphans', 'src/core/orphan.ts', ''],
  ['no-dev-dependencies-in-src', 'src/adapters/slack/dev.ts', `import 'fast-check'`],
  ['resolvable', 'src/core/typo.ts', `import './typpo.ts'`],
]

const targets = ['core', 'activities', 'workflows', 'controller', 'server', 'telemetry', 'main']
  .map((folder) => `src/${folder}/target.ts`)
  .concat('src/adapters/temporal/target.ts', 'src/adapters/kubernetes/target.ts')
  .concat('src/api/names.ts', 'src/api/schema.ts', 'sandbox/target.ts', 'test/target.ts')

describe('import rules', () => {
  const fixture = createFixture()
  let summary: Summary

  beforeAll(() => {
    for (const target of targets) fixture.write(target, 'export type T = string\n')
    fixture.write('src/core/elcyc.ts', `import './cycle.ts'\n`)
    for (const [path, line] of allowed) fixture.write(path, `${line}\n`)
    for (const [, path, line] of forbidden) fixture.write(path, `${line}\n`)
    const report = fixture.run('depcruise', '--output-type=json', 'src', 'sandbox', 'test')
    summary = (JSON.parse(report) as { summary: Summary }).summary
  })

  afterAll(() => {
    fixture.remove()
  })

  const rulesBrokenBy = (path: string) =>
    summary.violations.filter((violation) => violation.from === path).map((violation) => violation.rule.name)

  it.each(allowed)('let %s say: %s', (path) => {
    expect(rulesBrokenBy(path)).toEqual([])
  })

  it.each(forbidden)('%s stops %s from saying: %s', (rule, path) => {
    expect(rulesBrokenBy(path)).toContain(rule)
  })

  it('are all broken once by this test, and all say what to do', () => {
    const rules = summary.ruleSetUsed.forbidden
    expect(new Set(rules.map((rule) => rule.name))).toEqual(new Set(forbidden.map(([rule]) => rule)))
    expect(rules.filter((rule) => (rule.comment ?? '') === '')).toEqual([])
  })
})
