import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const schema = z.object({
  name: z.string(),
  pid: z.number().int().positive(),
  startId: z.string(),
  /** ISO 8601 */
  startedAt: z.string(),
  command: z.string(),
  args: z.array(z.string()),
  logFile: z.string(),
  /** The part that started this process and answers for it; absent for the parts themselves. */
  owner: z.string().optional(),
})

/** What is kept on disk of a started process, so that any later run can find and end it. */
export type ProcessRecord = z.infer<typeof schema>

/** Writes the record at once and whole: a reader never sees half of it. */
export function writeRecord(stateDir: string, record: ProcessRecord): void {
  const path = recordPath(stateDir, record.name)
  const draft = `${path}.${process.pid}.tmp`
  mkdirSync(pidDir(stateDir), { recursive: true })
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(draft, path)
}

/** The record of this name, dead or alive. A file that is not a record counts as none. */
export function readRecord(stateDir: string, name: string): ProcessRecord | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(recordPath(stateDir, name), 'utf8')))
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError || error instanceof z.ZodError) return undefined
    throw error
  }
}

/** All records, dead or alive, sorted by name. */
export function listRecords(stateDir: string): ProcessRecord[] {
  return recordNames(stateDir)
    .map((name) => readRecord(stateDir, name))
    .filter((record) => record !== undefined)
}

export function removeRecord(stateDir: string, name: string): void {
  rmSync(recordPath(stateDir, name), { force: true })
}

function recordNames(stateDir: string): string[] {
  try {
    const files = readdirSync(pidDir(stateDir)).filter((file) => file.endsWith('.json'))
    return files.map((file) => file.slice(0, -'.json'.length)).toSorted()
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function recordPath(stateDir: string, name: string): string {
  return join(pidDir(stateDir), `${name}.json`)
}

function pidDir(stateDir: string): string {
  return join(stateDir, 'pids')
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
