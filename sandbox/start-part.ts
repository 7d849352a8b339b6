import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { logFile, type Part, type Site } from './parts/part.ts'
import {
  type Exit,
  findStrays,
  isAlive,
  isFree,
  listRecords,
  readRecord,
  spawnRecorded,
  stopProcess,
  stopRecorded,
} from './supervise/index.ts'
import type { Installation } from './tools/install.ts'
import { until } from './until.ts'

const startsWithinMs = 60_000
const answersWithinMs = 5_000
const childGraceMs = 2_000
const toldLines = 15
const toldBytes = 8_192

/** What was done about a part. */
export type Outcome = 'started' | 'kept' | 'restarted'

/**
 * Sees to it that a part runs and is healthy: keeps it, starts it, or ends it and starts it anew.
 * @throws Error with the end of its log when it can't be started
 */
export async function ensurePart(part: Part, site: Site, installation: Installation): Promise<Outcome> {
  const record = readRecord(site.state, part.name)
  const runs = record !== undefined && isAlive(record)
  if (runs && (await isHealthy(part, site))) return 'kept'
  await startPart(part, site, installation)
  return runs ? 'restarted' : 'started'
}

/** Starts a part, ending first what is left of a former one. Throws as {@link ensurePart}. */
export async function startPart(part: Part, site: Site, installation: Installation): Promise<void> {
  await stopPart(part, site)
  await refuseTakenPorts(part, site)
  const log = logFile(site.state, part.name)
  const running = await spawnRecorded({
    name: part.name,
    ...part.launch(site, installation),
    logFile: log,
    stateDir: site.state,
  })
  const gone = new AbortController()
  void running.exited.then((exit) =>
    gone.abort(new Error(`${part.name} ended at once (${describeExit(exit)})`)),
  )
  try {
    await until(() => part.check(site), startsWithinMs, gone.signal)
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\n${part.name} did not start; the end of ${log}:\n${tailOf(log)}`,
      {
        cause: error,
      },
    )
  }
}

/** Ends a part, the processes that it answers for, and unrecorded ones of both kinds. */
export async function stopPart(
  part: Pick<Part, 'name' | 'graceMs'>,
  { state }: Pick<Site, 'state'>,
): Promise<void> {
  await stopRecorded(state, part.name, { graceMs: part.graceMs })
  const children = listRecords(state).filter((record) => record.owner === part.name)
  await Promise.all(children.map(({ name }) => stopRecorded(state, name, { graceMs: childGraceMs })))
  await Promise.all(findStrays(state, part.name).map((stray) => stopProcess(stray, childGraceMs)))
}

async function isHealthy(part: Part, site: Site): Promise<boolean> {
  try {
    await until(() => part.check(site), answersWithinMs)
    return true
  } catch {
    return false
  }
}

async function refuseTakenPorts(part: Part, { ports }: Site): Promise<void> {
  for (const name of part.ports) {
    if (await isFree(ports[name])) continue
    throw new Error(
      `${part.name} needs port ${ports[name]} of 127.0.0.1 again, but another process has taken it: ` +
        'run "down", then "up", to choose other ports',
    )
  }
}

function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : signal
}

function tailOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(Math.min(size, toldBytes))
    readSync(file, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString().trimEnd().split('\n').slice(-toldLines).join('\n')
  } finally {
    closeSync(file)
  }
}
