import type { Outcome } from '../benchmark.ts'
import { seconds } from '../format.ts'
import { distribution } from '../statistics.ts'
import { RATE, RIGHT, WEIGHTS } from './trial.ts'
import type { Kind, Trial } from './trial.ts'

/** A release that was to be made. */
export interface Asked {
  readonly name: string
  readonly kind: Kind
}

/** What came of it: undefined when it could not be carried through, with the reason. */
export interface Answer extends Asked {
  readonly trial?: Trial
  readonly problem?: string
}

const CANARY: Record<Kind, string> = { Failing: '1 %', Alike: '0.1 %' }
const COLUMN: Record<Kind, string> = { Failing: 'rolled back', Alike: 'promoted' }
const KINDS: readonly Kind[] = ['Failing', 'Alike']

/** Table and figures of releases of both kinds. @param sideBySide how many went on at once */
export function verdictsOutcome(answers: readonly Answer[], sideBySide: number): Outcome {
  return {
    tables: [
      {
        title: `Verdicts: releases on real proxies, stable fails 0.1 %, ${sideBySide} side by side`,
        headings: [
          'CANARY FAILS',
          'EXPECTED',
          'RIGHT',
          'WRONG',
          'CANARY REQUESTS, P50',
          'MAX',
          'SECONDS, P50',
          'MAX',
        ],
        rows: KINDS.map((kind) => rowOf(kind, answers)),
        remarks: [
          `${RATE} requests a second to each service, steps of ${WEIGHTS.join(', ')} %, a look every second, a harm budget of 0.5 %.`,
          'Canary requests: answers that callers got from the canary until it was failed, or had passed the last step beside stable.',
          'Seconds: from when its first weight was written until then.',
        ],
      },
    ],
    figures: {
      sideBySide,
      ratePerSecond: RATE,
      releases: answers.map(({ name, kind, trial, problem }) => ({ name, kind, problem, ...trial })),
    },
    wrong: answers.flatMap(problemOf),
  }
}

function rowOf(kind: Kind, answers: readonly Answer[]): string[] {
  const own = answers.filter((answer) => answer.kind === kind)
  const right = own.filter(isRight)
  const trials = right.flatMap(({ trial }) => trial ?? [])
  const requests = distribution(trials.map(({ canaryRequests }) => canaryRequests))
  const times = distribution(trials.map((trial) => trial.seconds))
  return [
    CANARY[kind],
    COLUMN[kind],
    `${right.length} of ${own.length}`,
    String(own.length - right.length),
    String(requests?.p50 ?? '-'),
    String(requests?.max ?? '-'),
    times ? seconds(times.p50) : '-',
    times ? seconds(times.max) : '-',
  ]
}

function isRight({ kind, trial }: Answer): boolean {
  return trial?.result === RIGHT[kind]
}

function problemOf(answer: Answer): string[] {
  const { name, kind, trial, problem } = answer
  if (isRight(answer)) return []
  const what = `${name}: a canary with ${CANARY[kind]} errors`
  return [problem === undefined ? `${what} was ${trial?.result}: ${trial?.reason}` : `${what}: ${problem}`]
}
