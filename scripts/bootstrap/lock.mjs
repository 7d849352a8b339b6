// A lock between processes that goes with its holders. Plain JavaScript, for Node.js 20.
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 200

/**
 * Runs `work` while nobody else does. The lock is a folder with a file for each holder, named after the process: so who
 * removes dead holders can't remove a living one that came in between, and an empty folder is free.
 * @param folder the lock; its parent exists
 * @param onWait called with the pid of a holder, whenever that is another than before
 * @param work may add a process, for which others wait too even if this one dies
 */
export async function withLock(folder, onWait, work) {
  let told
  while (!tryAcquire(folder)) {
    const [holder] = livingHolders(folder)
    if (holder === undefined) continue
    if (holder !== told) onWait(holder)
    told = holder
    await sleep(POLL_MS)
  }
  try {
    return await work((pid) => writeFileSync(join(folder, nameOf(pid)), ''))
  } finally {
    release(folder)
  }
}

// A rename takes the place of nothing or of an empty folder, never of one with a holder: the lock is never seen without.
function tryAcquire(folder) {
  if (livingHolders(folder).length > 0) return false
  const draft = mkdtempSync(`${folder}-`)
  writeFileSync(join(draft, nameOf(process.pid)), '')
  try {
    renameSync(draft, folder)
    return true
  } catch (error) {
    rmSync(draft, { recursive: true })
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false
    throw error
  }
}

function release(folder) {
  for (const name of namesIn(folder)) rmSync(join(folder, name))
  try {
    rmdirSync(folder)
  } catch {
    // Free as it was, it has been taken by another already.
  }
}

/** The pids of those who hold the lock; the dead are removed. */
function livingHolders(folder) {
  const names = namesIn(folder)
  const living = names.filter(isAlive)
  for (const name of names) if (!living.includes(name)) rmSync(join(folder, name), { force: true })
  return living.map(pidOf)
}

function namesIn(folder) {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

function nameOf(pid) {
  return `${pid}.${startOf(pid)}`
}

function pidOf(name) {
  return Number.parseInt(name)
}

function isAlive(name) {
  const pid = pidOf(name)
  return startOf(pid) !== undefined && nameOf(pid) === name
}

// With its start a process isn't taken for a dead one that had the same pid. A zombie (Z) counts as dead.
function startOf(pid) {
  try {
    if (!existsSync('/proc/self/stat')) return process.kill(pid, 0) && 'running'
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name stands before, in parentheses, and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch (error) {
    return error.code === 'EPERM' ? 'running' : undefined
  }
}
