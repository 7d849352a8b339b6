import { keyOf } from '../api/names.ts'
import type { ObjectRef } from '../api/names.ts'
import { parseSpec } from '../api/v1alpha1/rollout.ts'
import type { RawRollout } from '../api/v1alpha1/rollout.ts'
import { planOf } from '../core/plan.ts'
import { refOfPlanned } from '../core/policy/planned.ts'
import type { WatchedKind } from '../ports.ts'

/** Objects that Rollouts name, and who names them: a change of one concerns only these. */
export class NamedObjects {
  /** Keys of Rollouts by what they name. */
  readonly #users = new Map<string, Set<string>>()
  /** What a Rollout of a generation names, by its key. */
  readonly #names = new Map<string, { readonly generation: number; readonly names: readonly string[] }>()

  /** Takes note of a Rollout as it is now; undefined when it is gone. */
  note(key: string, rollout: RawRollout | undefined): void {
    if (rollout === undefined) return this.#forget(key)
    const { generation } = rollout.meta
    if (this.#names.get(key)?.generation === generation) return
    this.#forget(key)
    const names = namesOf(rollout)
    this.#names.set(key, { generation, names })
    for (const name of names) this.#users.set(name, (this.#users.get(name) ?? new Set()).add(key))
  }

  /** Keys of the Rollouts that name an object. */
  usersOf(kind: WatchedKind, object: ObjectRef): readonly string[] {
    return [...(this.#users.get(nameOf(kind, object)) ?? [])]
  }

  #forget(key: string): void {
    for (const name of this.#names.get(key)?.names ?? []) {
      const users = this.#users.get(name)
      users?.delete(key)
      if (users?.size === 0) this.#users.delete(name)
    }
    this.#names.delete(key)
  }
}

function namesOf({ meta, spec }: RawRollout): string[] {
  const parsed = parseSpec(spec)
  if ('problems' in parsed) return []
  const { namespace } = meta
  const { service, destinationRule, virtualServices } = planOf(parsed.spec, meta)
  return [
    nameOf('Service', { namespace, name: service }),
    nameOf('DestinationRule', { namespace, name: destinationRule }),
    ...virtualServices.map((planned) => nameOf('VirtualService', refOfPlanned(planned, meta))),
  ]
}

function nameOf(kind: WatchedKind, object: ObjectRef): string {
  return `${kind} ${keyOf(object)}`
}
