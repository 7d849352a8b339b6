import type { Outcome } from '../benchmark.ts'
import { seconds } from '../format.ts'
import { foreignProblems } from '../kit/foreign.ts'
import { sum } from '../statistics.ts'
import type { AvailabilitySeen, CaseSeen } from './availability.ts'
import { PODS } from './cases.ts'

/** Table and figures of what users saw. */
export function availabilityOutcome({ cases, foreign, notSent, ratePerSecond }: AvailabilitySeen): Outcome {
  return {
    tables: [
      {
        title: `Availability: ${ratePerSecond} requests a second, ${PODS} pods a version, one of each restarted in mid-release`,
        headings: ['CASE', 'TIME', 'REQUESTS', "BAD VERSION'S ERRORS", 'OTHER ERRORS', 'GOAL'],
        rows: [...cases.map((one) => row(one)), row(total(cases))],
      },
    ],
    figures: { ratePerSecond, cases, foreignErrors: foreign.count, requestsNotSent: notSent },
    wrong: [
      ...cases.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`])),
      ...foreignProblems(foreign),
    ],
  }
}

function row({ name, seconds: time, requests, appErrors, ownErrors }: CaseSeen): string[] {
  return [name, seconds(time), String(requests), String(appErrors), String(ownErrors), '0 other']
}

function total(cases: readonly CaseSeen[]): CaseSeen {
  return {
    name: 'all',
    seconds: sum(cases.map((one) => one.seconds)),
    requests: sum(cases.map(({ requests }) => requests)),
    appErrors: sum(cases.map(({ appErrors }) => appErrors)),
    ownErrors: sum(cases.map(({ ownErrors }) => ownErrors)),
  }
}
