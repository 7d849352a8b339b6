import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { RolloutStatus } from '../../api/v1alpha1/status.ts'
import { weightBar } from './bar.ts'
import { eventLines, historyLines } from './happenings.ts'
import { holdingOf, messageOf, reasonOf, splitOf, verdictsOf, wantedOf } from './model.ts'
import type { RolloutView } from './model.ts'
import { brushOfStanding, paintOf } from './paint.ts'
import type { Paint } from './paint.ts'
import { stepLines } from './steps.ts'
import { ageText, columns, plain, since, wrapped } from './text.ts'
import { verdictLines } from './verdicts.ts'

export type { EventView, RolloutView } from './model.ts'

export interface RenderOptions {
  /** Columns; no line is longer, save where a name alone is. */
  readonly width: number
  readonly color: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The most lines; what is older is left out first. Absent: as many as there are. */
  readonly height?: number
}

/** How many events and releases are shown, from generous to scarce. */
const PLENTY = { events: 5, releases: 5 }
const SCARCE = [
  { events: 5, releases: 2 },
  { events: 5, releases: 0 },
  { events: 2, releases: 0 },
]

/**
 * A Rollout as a person wants to see it: what it is, who has the traffic, the step, what was measured, what happened.
 * Pure: the same input gives the same lines.
 */
export function renderRollout(view: RolloutView, options: RenderOptions): string[] {
  const { height = Infinity } = options
  let lines = render(view, options, PLENTY)
  for (const most of SCARCE) {
    if (lines.length <= height) return lines
    lines = render(view, options, most)
  }
  return lines.slice(0, height)
}

function render(
  { rollout, events }: RolloutView,
  { width, now, color }: RenderOptions,
  most: typeof PLENTY,
): string[] {
  const paint = paintOf(color)
  const { history = [] } = rollout.status
  const split = splitOf(rollout)
  return joined([
    [title(rollout, { width, now, paint }), ...wrapped(messageOf(rollout), width)],
    split === undefined
      ? []
      : [weightBar(split, width, paint), ...(split.canary ? observedLine(rollout.status) : [])],
    stepLines(rollout, now, { width, paint }),
    verdictLines(verdictsOf(rollout), { width, paint }),
    headed('Events', eventLines(events, { width, now, paint, most: most.events }), paint),
    headed('Releases', historyLines(history, { width, now, paint, most: most.releases }), paint),
  ])
}

function title(
  rollout: RawRollout,
  { width, now, paint }: { width: number; now: number; paint: Paint },
): string {
  const { namespace, name } = rollout.meta
  const standing = brushOfStanding(paint, holdingOf(rollout)?.type)(`● ${plain(reasonOf(rollout))}`)
  const left = `${paint.strong(plain(`${namespace}/${name}`))}  ${plain(versions(rollout))}  ${standing}`
  const right = elapsed(rollout, now)
  const gap = width - columns(left) - right.length
  return right !== '' && gap >= 2 ? left + ' '.repeat(gap) + paint.faint(right) : left
}

function versions(rollout: RawRollout): string {
  const { stableVersion = '?' } = rollout.status
  const wanted = wantedOf(rollout)
  return stableVersion === wanted ? stableVersion : `${stableVersion} → ${wanted}`
}

/** How long it has been so; of a release under way, how long that has taken. */
function elapsed(rollout: RawRollout, now: number): string {
  const holding = holdingOf(rollout)
  const { release } = rollout.status
  const from = holding?.type === 'Reconciling' ? release?.startedAt : holding?.lastTransitionTime
  const age = since(from, now)
  return age === undefined ? '' : `for ${ageText(age)}`
}

/** Only worth a line while the proxies lag behind. */
function observedLine({ weight }: RolloutStatus): string[] {
  const { desired, observed, observedBy } = weight ?? {}
  if (observed === undefined || observed === desired) return []
  return [`proxies send ${observed} % so far${observedBy === undefined ? '' : ` (${plain(observedBy)})`}`]
}

function headed(heading: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint.strong(heading), ...lines]
}

/** Blocks with an empty line between them. */
function joined(blocks: readonly (readonly string[])[]): string[] {
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : ['', ...block]))
}
