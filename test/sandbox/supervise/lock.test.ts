import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { withLock } from '../../../sandbox/supervise/index.ts'
import { temporaryFolder } from '../temporary.ts'

async function contend(path: string, times: number): Promise<{ done: number; most: number }> {
  let inside = 0
  const seen = { done: 0, most: 0 }
  const work = async (): Promise<void> => {
    seen.most = Math.max(seen.most, ++inside)
    await setImmediate()
    inside--
    seen.done++
  }
  await Promise.all(Array.from({ length: times }, () => withLock(path, work)))
  return seen
}

test('only one holds the lock at a time, and everyone gets it', async () => {
  const folder = temporaryFolder()
  expect(await contend(join(folder, 'lock'), 8)).toEqual({ done: 8, most: 1 })
  expect(readdirSync(folder)).toEqual([])
})

test('the lock of a dead process is taken over, by one at a time', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, startId: 'long ago' }))
  expect(await contend(join(folder, 'lock'), 8)).toEqual({ done: 8, most: 1 })
  expect(readdirSync(folder)).toEqual([])
})

test('a process killed while it removed a stale lock blocks nobody', async () => {
  const folder = temporaryFolder()
  for (const name of ['lock', 'lock.removal']) {
    writeFileSync(join(folder, name), JSON.stringify({ pid: process.pid, startId: 'long ago' }))
  }
  expect(await contend(join(folder, 'lock'), 3)).toEqual({ done: 3, most: 1 })
})

test('who waits is told once for whom', async () => {
  const path = join(temporaryFolder(), 'lock')
  const told: number[] = []
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const first = withLock(path, () => released)
  const second = withLock(
    path,
    async () => undefined,
    (pid) => {
      told.push(pid)
      release()
    },
  )
  await Promise.all([first, second])
  expect(told).toEqual([process.pid])
})

test('a failure inside releases the lock', async () => {
  const path = join(temporaryFolder(), 'lock')
  await expect(withLock(path, () => Promise.reject(new Error('inside')))).rejects.toThrow('inside')
  expect(await withLock(path, async () => 'got it')).toBe('got it')
})
