import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Task } from '../progress.ts'
import { withLock } from '../supervise/index.ts'

/** Something that is made once and kept for all checkouts. */
export interface CacheEntry {
  /** Folder name, of which the key tells one version from another. */
  name: string
  key: string
  /** Fills the folder, which exists and is empty. May be repeated after an interruption. */
  build(folder: string, task: Task): Promise<void>
}

/** `$XDG_CACHE_HOME/sluice`, by default `~/.cache/sluice`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice')
}

/** A key that changes with any of the inputs and with the platform. */
export function cacheKey(
  inputs: readonly string[],
  platform = `${process.platform}-${process.arch}`,
): string {
  return createHash('sha256')
    .update(JSON.stringify([platform, ...inputs]))
    .digest('hex')
    .slice(0, 16)
}

export function entryFolder(entry: CacheEntry, root = cacheRoot()): string {
  return join(root, `${entry.name}-${entry.key}`)
}

export function isCached(entry: CacheEntry): boolean {
  return existsSync(entryFolder(entry))
}

/**
 * Makes the entry unless it is there, and returns its folder. Of several runs at once one builds, the others wait.
 * The folder appears whole or not at all.
 */
export async function ensureEntry(entry: CacheEntry, task: Task, root = cacheRoot()): Promise<string> {
  const folder = entryFolder(entry, root)
  if (existsSync(folder)) return folder
  const build = async (): Promise<void> => {
    if (!existsSync(folder)) await buildEntry(entry, folder, task)
  }
  await withLock(`${folder}.lock`, build, (pid) => task.update(`waiting for process ${pid}, which builds it`))
  return folder
}

async function buildEntry(entry: CacheEntry, folder: string, task: Task): Promise<void> {
  removeDrafts(folder)
  // A name of its own: what a killed run started may still be writing into its draft.
  const draft = `${folder}.draft-${process.pid}-${Date.now()}`
  mkdirSync(draft, { recursive: true })
  try {
    await entry.build(draft, task)
    renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function removeDrafts(folder: string): void {
  const drafts = readdirSync(dirname(folder)).filter((file) => file.startsWith(`${basename(folder)}.draft-`))
  for (const draft of drafts) rmSync(join(dirname(folder), draft), { recursive: true, force: true })
}
