import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type CacheEntry, cacheKey } from './cache.ts'
import { run } from './run.ts'

/** The cache entry of a package of the Debian (or Ubuntu) that this machine runs, unpacked; needs no root. */
export function debianPackage(name: string): CacheEntry {
  return {
    name: `${name}-deb`,
    key: cacheKey([name]),
    async build(folder, task) {
      task.update(`downloading the Debian package ${name}`)
      await download(name, folder)
      const archive = readdirSync(folder).find((file) => file.endsWith('.deb'))
      if (archive === undefined) throw new Error(`apt-get download ${name} left no package behind`)
      await run('dpkg-deb', ['-x', join(folder, archive), folder])
      rmSync(join(folder, archive))
    },
  }
}

async function download(name: string, folder: string): Promise<void> {
  const fetch = (): Promise<string[]> => run('apt-get', ['download', name], { cwd: folder })
  try {
    await fetch()
  } catch (error) {
    if (process.getuid?.() !== 0) throw error
    await run('apt-get', ['update']) // a fresh machine has no package lists yet
    await fetch()
  }
}
