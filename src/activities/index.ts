import type { ResultEvent } from '../core/machine/event.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import type { Ports } from '../ports.ts'
import { clean, forget, retire } from './ending.ts'
import { observer } from './observe/observe.ts'
import { performing } from './perform.ts'
import { check } from './preflight.ts'
import { prepare } from './prepare.ts'
import { probe } from './probe/probe.ts'
import { Refusals } from './refused.ts'
import { lower, promote, raise } from './traffic.ts'

/** An activity does the action of the state's phase and returns the event that it ends in. */
export type Action = (state: ReleaseState) => Promise<ResultEvent>

/** Activities that are short, or must never wait behind those that are long. */
export interface ActingActivities {
  readonly preflight: Action
  readonly raise: Action
  readonly promote: Action
  readonly lower: Action
  readonly forget: Action
}

/** Activities that wait for the cluster and heartbeat meanwhile. */
export interface ObservingActivities {
  readonly prepare: Action
  readonly probe: Action
  readonly observe: Action
  readonly retire: Action
  readonly clean: Action
}

/** Activities that act, over ports. */
export function actingActivities(ports: Ports): ActingActivities {
  const refusals = new Refusals()
  return {
    preflight: performing(ports, check),
    raise: performing(ports, async (...given) => raise(...given, refusals)),
    promote: performing(ports, async (...given) => promote(...given, refusals)),
    lower: performing(ports, lower),
    forget: performing(ports, forget),
  }
}

/** Activities that wait, over ports. */
export function observingActivities(ports: Ports): ObservingActivities {
  const refusals = new Refusals()
  return {
    prepare: performing(ports, async (...given) => prepare(...given, refusals)),
    probe: performing(ports, probe),
    observe: performing(ports, observer()),
    retire: performing(ports, retire),
    clean: performing(ports, clean),
  }
}
