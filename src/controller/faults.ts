import { isDeepStrictEqual } from 'node:util'
import { apply } from '../activities/apply.ts'
import { clearChosen } from '../activities/faults/clear.ts'
import { keyOf, refOf } from '../api/names.ts'
import {
  DEPARTURE_REASONS,
  bearsFaults,
  departuresOf,
  isLeaving,
  nextExpiryMs,
} from '../core/faults/leaving.ts'
import type { Departure, Look } from '../core/faults/leaving.ts'
import { faultsOf } from '../core/faults/record.ts'
import { followFaults } from '../core/faults/render.ts'
import type { VirtualService } from '../core/traffic/types.ts'
import type {
  Clock,
  Mesh,
  MeshEvent,
  MeshEvents,
  MeshMaking,
  MeshRef,
  RolloutStore,
  Seen,
  Watches,
} from '../ports.ts'
import type { Controller } from './controller.ts'
import { KnownFaults } from './known-faults.ts'
import { KeyedQueue } from './queue.ts'

/** All VirtualServices are looked at this often (milliseconds): a clock that was set, an event that was missed. */
const RESYNC_MS = 10_000
/** Longest pause after a failure (milliseconds): an expired fault goes soon after the API server is back. */
const LONGEST_RETRY_MS = 1_000
/** Time until a pass counts as failed (milliseconds): a connection that is dead may say so in minutes. */
const PASS_MS = 2_500
/** Time between two renderings after strangers' writes (milliseconds): one who insists is not answered at full speed. */
const FOLLOW_MS = 1_000

/** Counts and logs what becomes of faults that nobody else takes out; never throws. */
export interface FaultReporter {
  removed(object: VirtualService, departure: Departure): void
  /** Faults of a VirtualService (`namespace/name`) could not be looked after; it is tried again. */
  failed(key: string, error: unknown): void
}

/** What the keeper of faults needs. */
export interface KeeperPorts {
  readonly mesh: Mesh
  readonly making: MeshMaking
  readonly store: Pick<RolloutStore, 'get'>
  readonly clock: Clock
  readonly meshEvents: MeshEvents
  readonly faultReporter: FaultReporter
}

/**
 * Watches over the faults of ours in VirtualServices, whoever injected them and whatever became of that one: those that
 * expired or that nobody has a use for are taken out; those that may stay follow the routes that they are copies of. Needs
 * the API server alone. Begins with all that are there. Any number of keepers may run.
 */
export function startFaultKeeper(ports: KeeperPorts, watches: Watches): Controller {
  const keeper = new FaultKeeper(ports)
  const queue = new KeyedQueue(
    async (key) => {
      const againInMs = await within(PASS_MS, keeper.keep(key))
      if (againInMs !== undefined) queue.add(key, againInMs)
    },
    (key, error) => ports.faultReporter.failed(key, error),
    LONGEST_RETRY_MS,
  )
  watches.subscribe((seen) => {
    for (const key of keeper.concerned(seen)) queue.add(key)
  })
  const lookAtAll = () => {
    for (const object of ports.mesh.virtualServices())
      if (bearsFaults(object)) queue.add(keyOf(object.metadata))
  }
  lookAtAll()
  const timer = setInterval(lookAtAll, RESYNC_MS)
  return {
    stop: async () => {
      clearInterval(timer)
      await queue.stop()
    },
  }
}

class FaultKeeper {
  readonly #ports: KeeperPorts
  readonly #known = new KnownFaults()
  /** When copies were rendered anew last, by VirtualService; of the monotonic clock. */
  readonly #followed = new Map<string, number>()

  constructor(ports: KeeperPorts) {
    this.#ports = ports
  }

  /** VirtualServices to look at after something was seen. */
  concerned({ kind, object, gone }: Seen): readonly string[] {
    const key = keyOf(object)
    if (kind === 'Rollout') return this.#known.objectsOf(key)
    if (kind !== 'VirtualService') return []
    if (!gone) return [key]
    this.#forget(key)
    return []
  }

  /**
   * Looks after the faults of a VirtualService. Tells in how many milliseconds to look again; undefined: when it changes.
   * Throws when the API server does not answer, or refuses.
   */
  async keep(key: string): Promise<number | undefined> {
    const ref = { kind: 'VirtualService' as const, ...refOf(key) }
    const object = (await this.#ports.mesh.read(ref, 'Cached')) as VirtualService | undefined
    if (object === undefined || !bearsFaults(object)) return this.#forget(key)
    this.#known.note(key, faultsOf(object))
    const look = this.#look(key)
    const waitMs =
      departuresOf(object, look).length > 0
        ? await this.#takeOut(ref, look)
        : await this.#follow(ref, object, look)
    const waits = [waitMs, nextExpiryMs(object, look)].filter((one) => one !== undefined)
    // A timer cannot wait for weeks, and all are looked at again before.
    return waits.length === 0 ? undefined : Math.min(RESYNC_MS, ...waits)
  }

  #look(key: string): Look {
    const { clock, store } = this.#ports
    return {
      now: clock.now(),
      seenForMs: (record) => this.#known.seenForMs(key, record),
      rollout: (owner) => (/^[^/]+\/[^/]+$/.test(owner) ? store.get(refOf(owner)) : undefined),
    }
  }

  /** Whoever wrote tells: of several keepers one alone has. */
  async #takeOut(ref: MeshRef, look: Look): Promise<undefined> {
    const { before } = await clearChosen(this.#ports, ref, (object) => isLeaving(object, look))
    if (before === undefined) return
    for (const departure of departuresOf(before, look)) {
      this.#ports.faultReporter.removed(before, departure)
      await this.#ports.meshEvents.record(before, eventOf(departure))
    }
  }

  /** The copies may name what is gone, as soon as a stranger changes the routes that they are copies of. */
  async #follow(ref: MeshRef, object: VirtualService, look: Look): Promise<number | undefined> {
    if (isDeepStrictEqual(followFaults(object), object)) return undefined
    const key = keyOf(ref)
    const waitMs = (this.#followed.get(key) ?? -Infinity) + FOLLOW_MS - performance.now()
    if (waitMs > 0) return waitMs
    this.#followed.set(key, performance.now())
    await apply<VirtualService>(this.#ports.mesh, ref, (now) => ({
      object: departuresOf(now, look).length > 0 ? now : followFaults(now),
    }))
    return undefined
  }

  #forget(key: string): undefined {
    this.#known.forget(key)
    this.#followed.delete(key)
  }
}

function eventOf({ why, message }: Departure): MeshEvent {
  return { type: 'Warning', reason: DEPARTURE_REASONS[why], message }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`the API server did not answer within ${ms / 1000} s`)), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
