import type { LastFailed } from '../../api/v1alpha1/status.ts'
import type { Contest } from '../policy/contest.ts'
import type { Evidence } from '../analysis/evidence.ts'
import type { ProbeResult } from '../faults/progress.ts'
import type { StepRecord } from '../analysis/record.ts'
import type { Finding, Side, Wanted } from './state.ts'

/** Results of actions carry the sequence of their action: one that was overtaken is ignored. */
interface Result {
  readonly seq: number
  /** Milliseconds since the epoch, by the clock of who reports. */
  readonly at: number
  /** What the looks of an observer found. Nothing follows from it: it is there for whoever reads the history. */
  readonly record?: StepRecord
}

/** The Rollout changed: version, template, pause, plan, or it is being deleted. */
export interface WantedEvent {
  readonly type: 'Wanted'
  readonly at: number
  readonly wanted: Wanted
}

export type ResultEvent =
  /** Preflight found all in order. Its results carry `floor`: the sequences of ours in the cluster lie below it. */
  | (Result & {
      readonly type: 'Cleared'
      readonly floor: number
      readonly stable: Side
      readonly canary: Side
      /** Ready pods of stable at the start: what the canary's capacity is measured against. */
      readonly stablePods: number
      readonly adopt: boolean
      /** Labels of the pods behind the Service, should it vanish. */
      readonly selector?: Readonly<Record<string, string>>
      /** The release that is not started again until it changes. */
      readonly lastFailed?: LastFailed
    })
  /** Users have the wanted version already. */
  | (Result & { readonly type: 'Unneeded'; readonly floor: number })
  | (Result & { readonly type: 'Refused'; readonly floor: number; readonly findings: readonly Finding[] })
  /** A release without a workflow left its traces: they are taken back first, or retired if it was promoted. */
  | (Result & {
      readonly type: 'Leftover'
      readonly floor: number
      readonly stable: Side
      readonly canary: Side
      /** Id of the release, if users have its version already. */
      readonly promoted?: string
    })
  | (Result & { readonly type: 'Elapsed' })
  | (Result & { readonly type: 'Prepared' })
  | (Result & { readonly type: 'DeadlineExceeded'; readonly message: string })
  | (Result & { readonly type: 'Raised' })
  /** A later or halting action of ours stands in the object. */
  | (Result & { readonly type: 'Overtaken'; readonly message: string })
  | (Result & { readonly type: 'Passed'; readonly evidence: Evidence; readonly countedTo: number })
  /** The step goes on, with a new action: none lasts for ever, lest a history grows without end. */
  | (Result & { readonly type: 'Renewed'; readonly evidence: Evidence; readonly countedTo: number })
  /** A fault probe is over, and the fault is gone. */
  | (Result & {
      readonly type: 'Probed'
      readonly result: ProbeResult
      /** Requests up to here, with the fault and the recovery from it, are not counted for the step. */
      readonly countedTo: number
    })
  /** The step has waited long enough since a probe that said nothing: it is tried again. */
  | (Result & { readonly type: 'ProbeDue'; readonly evidence: Evidence; readonly countedTo: number })
  | (Result & { readonly type: 'Failed'; readonly reason: string; readonly message: string })
  /** A stranger moved the weights. */
  | (Result & {
      readonly type: 'Drifted'
      readonly evidence: Evidence
      readonly message: string
      /** How often whoever it was did so; absent when it was nobody else. */
      readonly contest?: Contest
      /** What keeps them off, once it is time to say so. */
      readonly remedy?: string
    })
  /** No pod of the canary is ready any more; its weight was taken away. */
  | (Result & { readonly type: 'CanaryLost'; readonly evidence?: Evidence; readonly message: string })
  /** No pod of stable is ready any more, and the canary can answer: it gets all traffic, and the release pauses. */
  | (Result & { readonly type: 'StableLost'; readonly evidence?: Evidence; readonly message: string })
  /** Pods of stable are ready again. */
  | (Result & { readonly type: 'StableBack' })
  /** The canary's pod template changed; its weight was taken away. */
  | (Result & { readonly type: 'TemplateChanged'; readonly templateHash: string })
  | (Result & { readonly type: 'Promoted' })
  | (Result & { readonly type: 'Retired' })
  | (Result & { readonly type: 'Lowered' })
  | (Result & { readonly type: 'Cleaned' })
  | (Result & { readonly type: 'Forgotten' })

export type ReleaseEvent = WantedEvent | ResultEvent
