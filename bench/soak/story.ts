import type { Change } from '../../sandbox/kit/ledger.ts'
import { standing } from '../../sandbox/kit/shop.ts'
import type { ShownRollout } from '../../sandbox/kit/shop.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'
import { markIn, percents } from './checks/scene.ts'
import type { Entry } from './journal.ts'

/** All that happened in a namespace, one line each, in order: what the soak did, what was written and by whom. */
export function storyOf(namespace: string, changes: readonly Change[], entries: readonly Entry[]): string[] {
  const told = entries.filter((entry) => entry.namespace === undefined || entry.namespace === namespace)
  const done = told.map(({ at, text }) => ({ at, text: `-- ${text}` }))
  const written = changes.filter((change) => change.namespace === namespace).flatMap(lineOf)
  return [...done, ...written]
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, text }) => `${new Date(at).toISOString().slice(11, 23)}  ${text}`)
}

function lineOf(change: Change): Entry[] {
  const text = change.kind === 'Rollout' ? rolloutText(change) : meshText(change)
  return text === undefined ? [] : [{ at: change.at, text: `${change.revision} ${text}` }]
}

/** Only what is new: a status is written again and again. */
function rolloutText({ before, after }: Change): string | undefined {
  if (after === undefined) return 'Rollout deleted'
  const [was, is] = [standOf(before), standOf(after)]
  return was === is ? undefined : `Rollout ${is}`
}

function standOf(object: Change['after']): string {
  const { spec, status = {}, metadata = {} } = (object ?? {}) as Partial<ShownRollout>
  const flags = {
    paused: spec?.['paused'],
    deleting: metadata.deletionTimestamp,
    finalizer: metadata.finalizers,
  }
  const set = Object.entries(flags).filter(([, isSet]) => Boolean(isSet))
  return [`wants ${String(spec?.['version'])}`, ...set.map(([flag]) => flag), releaseText(status)].join(', ')
}

function releaseText(status: RolloutStatus): string {
  const { release, weight, message = '' } = status
  const phase = release && `${release.phase} of ${release.version} (${release.seq})`
  // Numbers change at every look.
  const steady = message.replaceAll(/\d[\d,.]* /g, '# ')
  return [standing(status), phase, `${weight?.desired} %`, steady]
    .filter((part) => part !== undefined)
    .join(', ')
}

function meshText({ kind, name, writer, after }: Change): string {
  if (after === undefined) return `${kind} ${name} deleted`
  const mark = markIn(after as VirtualService)
  const marked = mark
    ? `mark ${mark.release} seq ${mark.seq} ${mark.stable}→${mark.canary ?? '-'} ${mark.weight ?? ''}${mark.halted ? ' halted' : ''}`
    : 'no mark'
  const content =
    kind === 'VirtualService'
      ? [...percents(after as VirtualService)].map(
          ([subset, percent]) => `${subset} ${Math.round(percent)} %`,
        )
      : ((after as unknown as DestinationRule).spec.subsets ?? []).map((subset) => subset.name)
  return `${kind} ${name} by ${writer}: ${content.join(', ')}; ${marked}`
}
