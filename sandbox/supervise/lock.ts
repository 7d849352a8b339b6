import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts'

const pollMs = 100
let drafts = 0

/**
 * Runs `fn` while holding a lock file that names its holder by pid and start time. The lock of a dead process is
 * taken over. Not re-entrant: a second call waits, also in the same process.
 * @param onWait called once, with the pid of the holder, when the lock is not free
 */
export async function withLock<T>(
  path: string,
  fn: () => Promise<T>,
  onWait: (holderPid: number) => void = () => undefined,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true })
  await acquire(path, onWait)
  try {
    return await fn()
  } finally {
    rmSync(path, { force: true })
  }
}

async function acquire(path: string, onWait: (holderPid: number) => void): Promise<void> {
  let told = false
  while (!tryAcquire(path)) {
    const holder = readHolder(path)
    if (!told && holder) {
      told = true
      onWait(holder.pid)
    }
    await sleep(pollMs)
  }
}

function tryAcquire(path: string): boolean {
  if (createExclusively(path)) return true
  const holder = readHolder(path)
  if (!holder || isAlive(holder)) return false
  // Only one may remove a stale lock at a time, else a slow remover would remove the lock of a faster one.
  const removal = `${path}.removal`
  if (!tryAcquire(removal)) return false
  try {
    if (isSame(readHolder(path), holder)) rmSync(path)
  } finally {
    rmSync(removal)
  }
  return createExclusively(path)
}

/** Makes the lock with its content in one step (a hard link), so nobody reads a lock without a holder. */
function createExclusively(path: string): boolean {
  const draft = `${path}.${process.pid}.${drafts++}`
  writeFileSync(draft, JSON.stringify(identify(process.pid)))
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // released meanwhile
    throw new Error(`${path} is not a lock file; remove it and try again`, { cause: error })
  }
}

function isSame(a: ProcessIdentity | undefined, b: ProcessIdentity): boolean {
  return a?.pid === b.pid && a.startId === b.startId
}
