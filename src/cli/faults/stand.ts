import { createLogUpdate } from 'log-update'
import { keyOf } from '../../api/names.ts'
import { clearFaults } from '../../activities/faults/clear.ts'
import { faultsIn } from '../../core/faults/found.ts'
import type { FaultRecord } from '../../core/faults/record.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import { RefusedError } from '../../ports.ts'
import { columnsOf } from '../shell.ts'
import type { Cluster, Shell } from '../shell.ts'
import { ageText, cut } from '../view/text.ts'
import type { Place } from './target.ts'

/** A fault that stands. */
export interface Standing {
  readonly place: Place
  readonly record: FaultRecord
  /** When this command takes it out; milliseconds since the epoch. */
  readonly endsAt: number
}

/** Its time was over, somebody pressed Ctrl-C, or it was gone before. */
export type Outcome = 'Over' | 'Interrupted' | 'GoneBefore'

const TICK_MS = 1_000
/** Between two looks whether it still stands: each is a request. */
const TICKS_BETWEEN_LOOKS = 3

/**
 * Waits until the time of a fault is over, and shows how much is left. Ends before when it is told so, or when the fault is
 * gone. A cluster that does not answer meanwhile changes nothing.
 */
export async function whileItStands(
  shell: Shell,
  cluster: Cluster,
  standing: Standing,
  interrupted: AbortSignal,
): Promise<Outcome> {
  const meter = meterOf(shell)
  const { endsAt } = standing
  try {
    for (let tick = 1; ; tick++) {
      const left = endsAt - shell.now()
      if (interrupted.aborted) return 'Interrupted'
      if (left <= 0) return 'Over'
      meter.show(`${ageText(left + TICK_MS - 1)} left; Ctrl-C takes it out`)
      await shell.sleep(Math.min(TICK_MS, left), interrupted)
      const isTime = tick % TICKS_BETWEEN_LOOKS === 0 && shell.now() < endsAt
      if (isTime && !interrupted.aborted && (await isGone(cluster, standing))) return 'GoneBefore'
    }
  } finally {
    meter.end()
  }
}

/** A line that is drawn anew on a terminal; elsewhere nothing. */
function meterOf({ output }: Shell): { show(line: string): void; end(): void } {
  const width = columnsOf(output)
  if (width === undefined) return { show: () => undefined, end: () => undefined }
  const live = createLogUpdate(output)
  return {
    show: (line) => live(cut(line, width)),
    end: () => {
      live.clear()
      live.done()
    },
  }
}

/** Is nothing of it left? Where nobody answers, it is taken to stand. */
async function isGone({ mesh }: Cluster, { place, record }: Standing): Promise<boolean> {
  try {
    const object = (await mesh.read(place, 'Fresh')) as VirtualService | undefined
    const own = object && faultsIn(object).find((fault) => fault.record?.id === record.id)
    return own === undefined || own.routes.length === 0
  } catch {
    return false
  }
}

const MOST_TRIES = 10

/** Takes a fault out, patiently. Throws an Error that says who else does, when that is in vain. */
export async function takeOut(shell: Shell, cluster: Cluster, { place, record }: Standing): Promise<void> {
  // Nobody waits longer than they like: Ctrl-C a second time ends the process.
  const { signal } = new AbortController()
  for (let tries = 1; ; tries++) {
    try {
      await clearFaults(cluster, place, ({ id }) => id === record.id)
      return
    } catch (error) {
      if (tries >= MOST_TRIES || error instanceof RefusedError)
        throw new Error(stuckText(place, record, error), { cause: error })
      if (tries === 1) shell.note(`trying again: ${messageOf(error)}`)
      await shell.sleep(TICK_MS, signal)
    }
  }
}

function stuckText(place: Place, { expiresAt }: FaultRecord, error: unknown): string {
  const others = `a controller of Sluice does so at ${expiresAt}, and "sluice faults clear ${keyOf(place)}" at any time`
  return `the fault could not be taken out of VirtualService ${keyOf(place)}: ${messageOf(error)}; ${others}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
