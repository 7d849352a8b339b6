import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFixture } from './fixture.ts'

interface Diagnostic {
  readonly filename: string
  readonly code: string
}

const allowed: [string, string][] = [
  ['src/core/time.ts', 'export const text = new Date(0).toISOString()'],
  ['src/main/config.ts', `export const port = process.env['PORT']`],
  ['src/cli/print.ts', `console.log('a line')`],
  ['vitest.config.ts', 'export default {}'],
]

const forbidden: [string, string, string][] = [
  ['no-restricted-properties', 'src/core/now.ts', 'export const now = Date.now()'],
  ['no-restricted-properties', 'src/core/chance.ts', 'export const chance = Math.random()'],
  ['no-restricted-globals', 'src/core/performance.ts', 'export const now = performance.now()'],
  ['no-restricted-globals', 'src/core/crypto.ts', 'export const id = crypto.randomUUID()'],
  ['no-restricted-globals', 'src/core/process.ts', 'export const id = process.pid'],
  ['no-restricted-globals', 'src/core/fetch.ts', `export const answer = await fetch('http://localhost')`],
  ['no-restricted-globals', 'src/core/timeout.ts', 'setTimeout(() => {}, 1)'],
  ['no-restricted-globals', 'src/core/interval.ts', 'setInterval(() => {}, 1)'],
  ['no-process-env', 'src/server/config.ts', `export const port = process.env['PORT']`],
  ['no-console', 'src/server/print.ts', `console.log('a line')`],
  ['no-default-export', 'src/server/default.ts', 'export default 1'],
]

describe('lint rules', () => {
  const fixture = createFixture()
  let diagnostics: Diagnostic[] = []

  beforeAll(() => {
    for (const [path, code] of allowed) fixture.write(path, `${code}\n`)
    for (const [, path, code] of forbidden) fixture.write(path, `${code}\n`)
    const report = JSON.parse(fixture.run('oxlint', '--format=json')) as { diagnostics: Diagnostic[] }
    diagnostics = report.diagnostics
  })

  afterAll(() => {
    fixture.remove()
  })

  const found = (path: string) =>
    diagnostics.filter((diagnostic) => diagnostic.filename === path).map((diagnostic) => diagnostic.code)

  it.each(allowed)('let %s say: %s', (path) => {
    expect(found(path)).toEqual([])
  })

  it.each(forbidden)('%s stops %s from saying: %s', (rule, path) => {
    expect(found(path)).toContainEqual(expect.stringContaining(rule))
  })
})

// No lint rule can tell "new Date(time)", which is pure, from "new Date()", which asks the clock.
describe('core', () => {
  const folder = fileURLToPath(new URL('../../src/core', import.meta.url))
  const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )

  it.each(modules)('asks no clock in %s', (name) => {
    expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/\bnew Date\b(?!\((?!\)))|(?<!new )\bDate\(/)
  })
})
