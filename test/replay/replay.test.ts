import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Worker } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { quiet } from '../workflows/kit/quiet.ts'
import { SCENARIOS } from './scenarios.ts'
import { filesOf, storedHistories } from './stored.ts'
import type { StoredHistory } from './stored.ts'

const stored = storedHistories()

/** What went wrong, by file. */
async function replay(
  code: string,
  histories: readonly StoredHistory[],
): Promise<Map<string, Error | undefined>> {
  const results = new Map<string, Error | undefined>()
  const each = histories.map(({ file, history }) => ({ workflowId: file, history }))
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { code } }, each))
    results.set(workflowId, error)
  return results
}

let code: string

beforeAll(() => {
  quiet()
  code = readFileSync(inject('temporal').bundle, 'utf8')
})

describe('the workflow as it is today', () => {
  let results: Map<string, Error | undefined>

  beforeAll(async () => {
    results = await replay(code, stored)
  })

  it.for(stored)('goes on with $file', ({ file }) => {
    expect([...results.keys()]).toContain(file)
    expect(results.get(file)).toBeUndefined()
  })
})

describe('stored histories', () => {
  it.for(SCENARIOS)('tell that $name', (scenario) => {
    expect(filesOf(scenario), 'run: node scripts/record-histories.ts').not.toEqual([])
  })

  it.for(stored)('tell nothing of where they were recorded: $file', ({ text }) => {
    const hints = text.matchAll(/\S*@\S*|\/(home|root|work|tmp|usr|Users|node_modules)\b|\d+(\.\d+){3}/g)
    expect([...hints].map(([hint]) => hint)).toEqual([])
    expect(text.includes(hostname())).toBe(false)
  })
})

describe('a workflow that does something else', () => {
  it('is told from the one that was recorded', async () => {
    const altered = code.replaceAll('acting.promote', 'acting.lower')
    expect(altered).not.toBe(code)
    const promoted = stored.find(({ file }) => file === 'a-good-version-is-promoted.1.json')
    const [error] = [...(await replay(altered, promoted ? [promoted] : [])).values()]
    expect(error).toBeInstanceOf(DeterminismViolationError)
  })

  it('is not told from it before the place where it differs', async () => {
    const altered = code.replaceAll('acting.promote', 'acting.lower')
    const before = stored.filter(({ file }) => file === 'a-failing-metric-takes-it-back.1.json')
    expect([...(await replay(altered, before)).values()]).toEqual([undefined])
  })
})
