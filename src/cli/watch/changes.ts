import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { VerdictStatus } from '../../api/v1alpha1/status.ts'
import { messageOf, reasonOf } from '../view/model.ts'
import type { EventView, RolloutView } from '../view/model.ts'
import { plain } from '../view/text.ts'

/**
 * What changed between two sights of a Rollout, a line each with its time: the status, verdicts that turned, and new
 * events. Of the first sight only the status is told.
 * @param now milliseconds since the epoch
 */
export function changeLines(before: RolloutView | undefined, after: RolloutView, now: number): string[] {
  const status = statusText(after.rollout)
  const isNews = before === undefined || statusText(before.rollout) !== status
  const at = timeText(now)
  return [
    ...(before === undefined ? [] : newEvents(before.events, after.events)),
    ...(before === undefined ? [] : turned(before.rollout, after.rollout).map((text) => `${at}  ${text}`)),
    ...(isNews ? [`${at}  ${status}`] : []),
  ]
}

/** A line that nobody looked for, such as a connection that broke. */
export function noteLine(text: string, now: number): string {
  return `${timeText(now)}  ${plain(text)}`
}

function statusText(rollout: RawRollout): string {
  const { step } = rollout.status
  const stage = step === undefined ? '' : ` step ${step}`
  return plain(`${reasonOf(rollout)}${stage}: ${messageOf(rollout)}`)
}

function newEvents(before: readonly EventView[], after: readonly EventView[]): string[] {
  const known = new Set(before.map(eventText))
  return after.map(eventText).filter((text) => !known.has(text))
}

function eventText({ at, reason, message }: EventView): string {
  return `${timeText(at)}  event ${plain(reason)}: ${plain(message)}`
}

function turned(before: RawRollout, after: RawRollout): string[] {
  const known = new Map((before.status.verdicts ?? []).map(({ metric, verdict }) => [metric, verdict]))
  return (after.status.verdicts ?? [])
    .filter(({ metric, verdict }) => known.get(metric) !== verdict)
    .map(verdictText)
}

function verdictText({ metric, verdict, evidence }: VerdictStatus): string {
  return plain(`verdict ${verdict} of ${metric}: ${evidence}`)
}

/** Whole seconds in UTC. */
function timeText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}
