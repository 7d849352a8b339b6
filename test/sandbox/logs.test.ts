import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { logNames } from '../../sandbox/logs.ts'
import { temporaryFolder } from './temporary.ts'

const program = join(projectRoot, 'sandbox', 'main.ts')

/** A sandbox that has ended: only its logs are there. */
function ended(): string {
  const state = temporaryFolder()
  mkdirSync(join(state, 'logs', 'pods'), { recursive: true })
  writeFileSync(join(state, 'logs', 'istiod.log'), 'one\ntwo\nthree\n')
  writeFileSync(join(state, 'logs', 'istiod.log.1'), 'zero\n')
  writeFileSync(join(state, 'logs', 'pods', 'shop.reviews-v1-abc.log'), 'listening\n')
  writeFileSync(join(state, 'logs', 'pods', 'shop.reviews-v1-abc.envoy.log'), 'warming\n')
  return state
}

function logs(state: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, 'logs', '--state', state, ...args],
    {
      encoding: 'utf8',
    },
  )
  return { status, stdout, stderr }
}

const names = ['istiod', 'pod.shop.reviews-v1-abc', 'sidecar.shop.reviews-v1-abc']

test('without a name the logs are listed, each under the name that status has for it', () => {
  expect(logs(ended())).toEqual({ status: 0, stdout: `${names.join('\n')}\n`, stderr: '' })
})

test.each([
  [['istiod'], 'one\ntwo\nthree\n'],
  [['istiod', '--lines', '2'], 'two\nthree\n'],
  [['sidecar.shop.reviews-v1-abc'], 'warming\n'],
])('logs %j prints what is asked for', (args, stdout) => {
  expect(logs(ended(), ...args)).toEqual({ status: 0, stdout, stderr: '' })
})

test.each([
  [['istio'], `error: there is no log "istio"; the logs are\n  ${names.join('\n  ')}\n`],
  [['istiod', '-n', 'ten'], /Allowed: a whole number of lines/],
])('logs %j is refused', (args, error) => {
  const { status, stderr } = logs(ended(), ...args)
  expect(status).toBe(1)
  if (typeof error === 'string') expect(stderr).toBe(error)
  else expect(stderr).toMatch(error)
})

test('a folder without a sandbox is named', () => {
  const state = temporaryFolder()
  expect(() => logNames(state)).toThrow(`there are no logs in ${state}: start a sandbox`)
})

test('--follow goes on with what is appended, and ends when it is told to', async () => {
  const state = ended()
  const args = [program, 'logs', 'istiod', '-f', '-n', '1', '--state', state]
  const follower = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void follower.kill('SIGKILL'))
  const closed = once(follower, 'close')
  expect(String(await once(follower.stdout, 'data'))).toBe('three\n')
  const more = once(follower.stdout, 'data')
  appendFileSync(join(state, 'logs', 'istiod.log'), 'four\n')
  expect(String(await more)).toBe('four\n')
  follower.kill('SIGTERM')
  expect(await closed).toEqual([0, null])
})
