import { DURATION_PATTERN, durationMs } from '../quantities.ts'
import type { Check } from './checks.ts'
import { celDuration } from './forms.ts'

/** The parts of a spec that say how long a step may take, and how long its probes do. */
interface Probing {
  readonly steps: readonly { readonly hold: string; readonly faults?: readonly string[] | undefined }[]
  readonly faults: readonly { readonly name: string; readonly duration: string }[]
  readonly analysis: { readonly patience: string }
}

type Step = Probing['steps'][number]

// What is no duration has been said of the field itself. All durations of the API are ones of CEL, too.
const CEL_DURATIONS = ['f.duration', 's.hold', 'self.analysis.patience'].map(celDuration).join(' && ')
const CEL_TOO_LONG = `${CEL_DURATIONS} && duration(f.duration) > duration(s.hold) + duration(self.analysis.patience)`
const CEL_NAMED = 'has(s.faults) && f.name in s.faults'

/** A fault that outlasted its step would keep the release there after everything else was decided. */
export const probesFitSteps: Check<Probing> = {
  field: 'faults',
  must: 'last no longer than the steps that name them may take: hold and analysis.patience together',
  holds: (spec) => tooLong(spec).flat().length === 0,
  cel: `self.faults.all(f, self.steps.all(s, !(${CEL_NAMED} && ${CEL_TOO_LONG})))`,
  found: {
    text: (spec) => `[${tooLong(spec).map(listed).join(', ')}]`,
    cel: `self.faults.map(f, self.steps.filter(s, ${CEL_NAMED} && ${CEL_TOO_LONG}).map(s, '%s: %s, hold %s, patience %s'.format([f.name, f.duration, s.hold, self.analysis.patience])))`,
    format: '%s',
  },
}

/** By fault, for people. */
function tooLong({ faults, steps, analysis: { patience } }: Probing): string[][] {
  return faults.map(({ name, duration }) =>
    steps
      .filter((step) => isTooLong(duration, step, patience) && step.faults?.includes(name) === true)
      .map(({ hold }) => `${name}: ${duration}, hold ${hold}, patience ${patience}`),
  )
}

function isTooLong(duration: string, { hold }: Step, patience: string): boolean {
  const areDurations = [duration, hold, patience].every((text) => DURATION_PATTERN.test(text))
  return areDurations && durationMs(duration) > durationMs(hold) + durationMs(patience)
}

/** As CEL shows it. */
function listed(texts: readonly string[]): string {
  return `[${texts.map((text) => `"${text}"`).join(', ')}]`
}
