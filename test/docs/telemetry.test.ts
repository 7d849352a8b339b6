import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { describe, expect, it } from 'vitest'
import { DEPARTURE_REASONS } from '../../src/core/faults/leaving.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { createReporter } from '../../src/telemetry/reporter.ts'
import { projectRoot } from '../../sandbox/env.ts'
import { LIVES, SWEPT, observing, play } from './happenings.ts'
import { codesIn, readPage, tableBelow } from './pages.ts'

const page = readPage('docs/reference/telemetry.md')
const src = join(projectRoot, 'src')
const sources = globSync('**/*.ts', { cwd: src }).map((name) => readFileSync(join(src, name), 'utf8'))

/** First groups of a pattern, over all sources. */
const inSources = (pattern: RegExp) =>
  new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, found]) => found ?? '')))

describe('the telemetry page', () => {
  it('lists every metric with its type, labels and help, and no other', async () => {
    const listed = tableBelow(page, '## Metrics').map(([name = '', type = '', labels = '', help = '']) => {
      return { name, type, labels: labels === '' ? [] : labels.split(', '), help }
    })
    expect(listed).toEqual(await metricsOfSluice())
  })

  it('lists every event of a release with its type, and no other', () => {
    const told = LIVES.flatMap((life) => play(life).told).map(({ reason, type }) => [reason, type])
    const recorded = sources
      .flatMap((text) => [...text.matchAll(/\bstore\.record\(([^;]*?)reason: '(\w+)'/g)])
      .flatMap(([, before = '', reason]) => {
        const [, type] = /type: '(\w+)'/.exec(before) ?? []
        // One that depends is given by its name.
        return type === undefined ? ['Normal', 'Warning'].map((either) => [reason, either]) : [[reason, type]]
      })
    const listed = tableBelow(page, '## Events').flatMap(([reason, types = '']) =>
      types.split(', ').map((type) => [reason, type]),
    )
    expect(unique(listed)).toEqual(unique([...told, ...recorded]))
  })

  it('lists every event of the mesh with its type, and no other', () => {
    const made = sources.flatMap((text) => [
      ...text.matchAll(/\{ type: '(Normal|Warning)', reason: '(\w+)', message \}/g),
    ])
    const listed = tableBelow(page, '### Events of the mesh').map(([reason, type]) => [reason, type])
    expect(unique(listed)).toEqual(unique(SWEPT.map(({ reason, type }) => [reason, type])))
    expect(unique(made.map(([, type, reason]) => [reason, type]))).toEqual(unique(listed))
  })

  it('knows of every reason in the code, so that none is missing above', () => {
    const reasons = inSources(/\b(?:normal|warning)\(\s*'(\w+)'/g)
    const told = new Set(LIVES.flatMap((life) => play(life).told).map(({ reason }) => reason))
    expect([...reasons].filter((reason) => !told.has(reason))).toEqual([])
  })

  it('lists every event on a VirtualService, and no other', () => {
    const listed = tableBelow(page, '### On VirtualServices').map(([reason = '', type = '']) => [
      reason,
      type,
    ])
    expect(unique(listed)).toEqual(
      unique(Object.values(DEPARTURE_REASONS).map((reason) => [reason, 'Warning'])),
    )
  })

  it('lists every message that is logged, and no other', () => {
    const listed = tableBelow(page, '## Logs').map(([message = '']) => message)
    expect(listed.toSorted()).toEqual(
      [...inSources(/\blog\.(?:debug|info|warn|error)\([^']*'([^']+)'/g)].toSorted(),
    )
  })

  it('lists the fields of a release, and those of each message about one', () => {
    const common = tableBelow(page, '### Fields of a release').map(([field = '']) => field)
    const lines = page.split('\n').filter((line) => line.includes('those of a release'))
    const listed = lines
      .map((line) => codesIn(line))
      .map(([message, ...fields]) => [message, [...common, ...fields].toSorted()])
    expect(Object.fromEntries(listed)).toEqual(fieldsLogged())
  })
})

async function metricsOfSluice() {
  const { registry } = createMetrics()
  const all = registry.getMetricsAsArray() as unknown as {
    readonly name: string
    readonly help: string
    readonly labelNames: readonly string[]
  }[]
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]))
  return all
    .filter(({ name }) => name.startsWith('sluice_'))
    .map(({ name, help, labelNames }) => ({ name, type: types.get(name), labels: [...labelNames], help }))
}

/** Fields by message, sorted, of all that is logged about a release. */
function fieldsLogged(): Record<string, readonly string[]> {
  const logged: Record<string, readonly string[]> = {}
  const note = (fields: object, message: string) => {
    logged[message] = Object.keys(fields).toSorted()
  }
  const log = { debug: note, info: note, warn: note, error: note } as unknown as Logger
  const reporter = createReporter(createMetrics(), log)
  const ended = {
    from: 'v1',
    to: 'v2',
    result: 'Promoted',
    reason: '',
    startedAt: '',
    finishedAt: '',
  } as const
  reporter.moved(observing, { ...observing, ended })
  reporter.judged(observing, { verdict: 'Pass', metrics: [] })
  reporter.unwatched(observing, 1)
  reporter.lowered(observing, 1)
  return logged
}

function unique(pairs: readonly (readonly (string | undefined)[])[]): readonly string[] {
  return [...new Set(pairs.map((pair) => pair.join(' ')))].toSorted()
}
