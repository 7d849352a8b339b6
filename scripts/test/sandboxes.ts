import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { down } from '../../sandbox/down.ts'
import type { Progress } from '../../sandbox/progress.ts'

/** Folders of sandboxes for tests are named after the process that has to take them down. */
const NAME = /^sluice-mesh-(\d+)-/

/** A new folder for a sandbox that this process takes down. */
export function newStateFolder(): string {
  return mkdtempSync(join(tmpdir(), `sluice-mesh-${process.pid}-`))
}

/** Takes down the sandboxes of test runs that were killed before they could do so, and removes their folders. */
export async function removeAbandoned(progress: Progress): Promise<void> {
  for (const state of abandoned()) {
    await down({ state, progress })
    rmSync(state, { recursive: true })
  }
}

function abandoned(): string[] {
  return readdirSync(tmpdir(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isAbandoned(entry.name))
    .map((entry) => join(tmpdir(), entry.name))
    .filter((path) => statSync(path).uid === process.getuid?.())
}

function isAbandoned(name: string): boolean {
  const owner = NAME.exec(name)?.[1]
  return owner !== undefined && !isRunning(Number(owner))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
