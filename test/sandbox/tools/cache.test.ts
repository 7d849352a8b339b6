import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { silent } from '../../../sandbox/progress.ts'
import { type CacheEntry, cacheKey, cacheRoot, ensureEntry } from '../../../sandbox/tools/cache.ts'
import { temporaryFolder } from '../temporary.ts'

const task = silent.task('')

function entry(build: (folder: string) => void): CacheEntry {
  return {
    name: 'tool',
    key: 'k1',
    async build(folder) {
      await setImmediate()
      build(folder)
    },
  }
}

test('the key changes with each input and with the platform', () => {
  const keys = [
    cacheKey(['a', 'b'], 'linux-x64'),
    cacheKey(['a', 'c'], 'linux-x64'),
    cacheKey(['ab'], 'linux-x64'),
    cacheKey(['a', 'b'], 'linux-arm64'),
  ]
  expect(new Set(keys).size).toBe(4)
  expect(cacheKey(['a', 'b'], 'linux-x64')).toBe(keys[0])
})

test('XDG_CACHE_HOME moves the cache', () => {
  expect(cacheRoot({ XDG_CACHE_HOME: '/somewhere' })).toBe('/somewhere/sluice')
  expect(cacheRoot({ XDG_CACHE_HOME: '' })).toMatch(/\.cache\/sluice$/)
})

test('an entry is built once, also when several ask at once', async () => {
  const root = temporaryFolder()
  let built = 0
  const tool = entry((folder) => writeFileSync(join(folder, 'program'), String(++built)))
  const folders = await Promise.all([1, 2, 3].map(() => ensureEntry(tool, task, root)))
  await ensureEntry(tool, task, root)
  expect(built).toBe(1)
  expect(new Set(folders)).toEqual(new Set([join(root, 'tool-k1')]))
  expect(readdirSync(root)).toEqual(['tool-k1'])
})

test('a failed build leaves nothing behind and is tried again', async () => {
  const root = temporaryFolder()
  const broken = entry((folder) => {
    writeFileSync(join(folder, 'half'), '')
    throw new Error('no network')
  })
  await expect(ensureEntry(broken, task, root)).rejects.toThrow('no network')
  expect(readdirSync(root)).toEqual([])
  const folder = await ensureEntry(
    entry((path) => writeFileSync(join(path, 'program'), '')),
    task,
    root,
  )
  expect(readdirSync(folder)).toEqual(['program'])
})

test('what a killed build left is removed', async () => {
  const root = temporaryFolder()
  mkdirSync(join(root, 'tool-k1.draft-1-1'))
  await ensureEntry(
    entry(() => undefined),
    task,
    root,
  )
  expect(readdirSync(root)).toEqual(['tool-k1'])
})
