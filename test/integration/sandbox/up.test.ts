import { expect, test } from 'vitest'
import { allParts } from '../../../sandbox/parts/index.ts'
import { status } from '../../../sandbox/status.ts'
import { up } from '../../../sandbox/up.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const { state } = env

/** Process ids of the parts; pods come and go with the tests. */
async function pids(): Promise<Record<string, number | undefined>> {
  const { healthy, parts } = await status(state)
  expect(healthy).toBe(true)
  return Object.fromEntries(parts.map(({ name, pid }) => [name, pid]))
}

test('"up" on a running sandbox changes no process and no address', async () => {
  const before = await pids()
  expect(Object.keys(before)).toHaveLength(allParts().length)
  expect(await up({ state })).toEqual(env)
  expect(await pids()).toEqual(before)
})

test('two "up" at once do not disturb each other', async () => {
  const before = await pids()
  expect(await Promise.all([up({ state }), up({ state })])).toEqual([env, env])
  expect(await pids()).toEqual(before)
})
