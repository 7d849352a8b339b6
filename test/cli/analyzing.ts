import { Command } from '@commander-js/extra-typings'
import { addAnalyze } from '../../src/cli/commands/analyze.ts'
import type { MetricsSource } from '../../src/ports.ts'
import type { ObjectReader } from '../../src/ports-views.ts'
import { FakeMetricsSource } from '../fakes/metrics-source.ts'
import type { Flow } from '../fakes/metrics-source.ts'
import { NOW } from './fixtures.ts'
import { World } from './world.ts'

const HOUR = 3_600_000
export const REVIEWS = 'reviews.shop.svc.cluster.local'

/** What users have had for two days. */
export const V1: Flow = {
  service: REVIEWS,
  version: 'v1',
  perSecond: 20,
  errors: 0.001,
  pods: ['v1-a', 'v1-b', 'v1-c', 'v1-d'],
}

/** A Prometheus with these flows, each since so many hours. */
export function prometheusOf(
  ...flows: readonly (readonly [flow: Flow, hoursAgo: number])[]
): FakeMetricsSource {
  const source = new FakeMetricsSource(15_000)
  for (const [flow, hoursAgo] of flows) source.flow(flow, NOW - hoursAgo * HOUR)
  return source
}

/** Runs `sluice analyze` with arguments. */
export async function analyze(
  args: readonly string[],
  metrics: MetricsSource | undefined,
  { reader, columns }: { readonly reader?: ObjectReader; readonly columns?: number } = {},
): Promise<World> {
  const world = new World([], columns === undefined ? undefined : { columns, rows: 40 })
  world.metrics = metrics
  world.reader = reader
  await world.run(addAnalyze, ['analyze', ...args])
  return world
}

/** What the help of a command says. */
export function helpOf(name: string): string {
  const program = new Command('sluice')
  addAnalyze(program, undefined as never)
  const command = program.commands[0]?.commands.find((one) => one.name() === name)
  let text = ''
  command?.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp()
  return text
}
