import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../../sandbox/demo-app/main.ts', import.meta.url))
const started: ChildProcess[] = []
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')))

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [program], { env: { PORT: '0', ...env } })
  started.push(child)
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const listening = once(child.stdout, 'data').then(([line]) => Number(/\d+/.exec(String(line))?.[0]))
  return { child, exited, listening }
}

test('CRASH=true ends the process with code 1 before it listens', async () => {
  expect(await start({ CRASH: 'true' }).exited).toBe(1)
})

test('CRASH=300 ends it with code 1 after it has listened', async () => {
  const { exited, listening } = start({ CRASH: '300' })
  expect(await listening).toBeGreaterThan(0)
  expect(await exited).toBe(1)
})

test('a bad variable ends it with code 2 and the reason', async () => {
  const { child, exited } = start({ ERROR_RATE: 'much' })
  const [line] = await once(child.stderr, 'data')
  expect(String(line)).toContain('ERROR_RATE is "much"')
  expect(await exited).toBe(2)
})

test('SIGTERM lets the open request finish and ends it with code 0', async () => {
  const { child, exited, listening } = start({ LATENCY_MS: '300', VERSION: 'v1' })
  const port = await listening
  const pending = fetch(`http://127.0.0.1:${port}/`)
  await expect.poll(() => fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.status)).toBe(200)
  child.kill('SIGTERM')
  const response = await pending
  expect(response.headers.get('x-demo-version')).toBe('v1')
  expect(response.status).toBe(200)
  expect(await exited).toBe(0)
})
