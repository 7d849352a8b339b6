import { stringify } from 'yaml'
import { MARK_ANNOTATION, keyOf } from '../../api/names.ts'
import { durationText } from '../../api/quantities.ts'
import type { Moment, Rehearsal, Stand } from '../../core/traffic/rehearsal.ts'
import type { MeshObject } from '../../core/traffic/types.ts'
import type { Paint } from './paint.ts'
import { plain } from './text.ts'
import { unifiedDiff } from './unified-diff.ts'

interface Options {
  readonly paint: Paint
  /** With the annotations that tell whose release moves an object. */
  readonly marks: boolean
}

/** Quotes what readers of YAML 1.1 would take for a time or a truth value. */
const YAML = { version: '1.1' } as const

/** What each moment changes in the objects, as unified diffs against what they are before the release. */
export function diffLines(rehearsal: Rehearsal, moments: readonly Moment[], options: Options): string[] {
  const { paint } = options
  const shown = new Map<string, string>()
  return moments.flatMap((moment) => {
    const title = titleOf(moment, rehearsal)
    const before = objectsOf(rehearsal.before)
    const lines = objectsOf(moment).flatMap((object, index) => {
      const name = `${object.kind} ${keyOf(object.metadata)}`
      const hunks = unifiedDiff(yamlOf(before[index], options), yamlOf(object, options))
      const last = shown.get(name)
      shown.set(name, hunks.join('\n'))
      if (hunks.length === 0) return [paint.faint(`${name}: as it is before the release`)]
      if (hunks.join('\n') === last) return [paint.faint(`${name}: as above`)]
      return painted([`--- ${name}`, `+++ ${name}, ${title.short}`, ...hunks], paint)
    })
    return ['', paint.strong(title.long), ...lines]
  })
}

/** The objects of each moment, whole. */
export function yamlLines(rehearsal: Rehearsal, moments: readonly Moment[], options: Options): string[] {
  return moments.flatMap((moment) =>
    objectsOf(moment).map(
      (object) => `---\n# ${titleOf(moment, rehearsal).long}\n${yamlOf(object, options).trimEnd()}`,
    ),
  )
}

/** Which version takes over from which, and in which steps. */
export function headingOf({ rollout, plan, cleared, version }: Rehearsal, paint: Paint): string {
  const steps = plan.steps.map(({ weight }) => weight).join(' → ')
  const how = cleared.adopt ? 'all at once: no other version has ready pods' : `${steps} %`
  const versions = `${paint.stable(plain(cleared.stable.version))} → ${paint.canary(plain(version))}`
  return `${paint.strong(plain(keyOf(rollout)))}  ${versions}  ${how}`
}

function objectsOf({ virtualServices, destinationRule }: Stand): MeshObject[] {
  return [...virtualServices, destinationRule]
}

function titleOf({ phase, step }: Moment, { plan, cleared }: Rehearsal): { long: string; short: string } {
  const [from, to] = [cleared.stable.version, cleared.canary.version].map(plain)
  const { weight = 0, holdMs = 0 } = plan.steps[step] ?? {}
  switch (phase) {
    case 'Preparing':
      return { short: 'prepared', long: `prepared: ${to} has a subset, and no request yet` }
    case 'Raising': {
      const held = holdMs === 0 ? '' : `, for at least ${durationText(holdMs)}`
      const long = `step ${step + 1} of ${plan.steps.length}: ${weight} % of the requests go to ${to}${held}`
      return { short: `at ${weight} %`, long }
    }
    case 'Promoting':
      return { short: 'promoted', long: `promoted: all requests go to ${to}` }
    case 'Retiring': {
      const after = durationText(plan.retireAfterMs)
      return { short: 'retired', long: `retired: ${after} after the promotion the subset of ${from} goes` }
    }
    case 'Lowering':
      return { short: 'rolled back', long: `or, when any step fails: all requests go to ${from} at once` }
    case 'Cleaning':
      return { short: 'cleaned up', long: `rolled back: what was added for ${to} is gone` }
    case 'Preflight':
    case 'Refused':
    case 'Probing':
    case 'Observing':
    case 'Retaining':
    case 'Forgetting':
    case 'Done':
      throw new Error(`${phase} writes nothing`)
  }
}

/** Without the bookkeeping of field managers, as kubectl does; annotations last, where a mark changes nothing else. */
function yamlOf(object: MeshObject | undefined, { marks }: Options): string {
  if (object === undefined) return ''
  const { annotations = {}, managedFields: _bookkeeping, ...metadata } = object.metadata
  const { [MARK_ANNOTATION]: mark, ...others } = annotations
  const shown = marks && mark !== undefined ? { ...others, [MARK_ANNOTATION]: mark } : others
  const kept = Object.keys(shown).length === 0 ? metadata : { ...metadata, annotations: shown }
  // Aliases of values that several destinations share would be hard to read.
  return stringify({ ...object, metadata: kept }, { ...YAML, aliasDuplicateObjects: false, lineWidth: 0 })
}

function painted(lines: readonly string[], { strong, busy, good, bad }: Paint): string[] {
  return lines.map((line) => {
    if (line.startsWith('--- ') || line.startsWith('+++ ')) return strong(line)
    if (line.startsWith('@@')) return busy(line)
    if (line.startsWith('+')) return good(line)
    return line.startsWith('-') ? bad(line) : line
  })
}
