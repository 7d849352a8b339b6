import type { Outcome } from '../benchmark.ts'
import { against } from '../format.ts'
import type { ApiRequest } from '../kit/audit.ts'
import { foreignProblems } from '../kit/foreign.ts'
import type { Foreign } from '../kit/foreign.ts'
import { split } from '../kit/quiet.ts'
import { countBy, sum } from '../statistics.ts'
import type { Seen } from './release.ts'

/** Requests to the API server for one release of four steps. */
const GOAL_REQUESTS = 25

/** Tables and figures of a release. */
export function footprintOutcome(seen: Seen & { readonly foreign: Foreign }): Outcome {
  const { queries, temporal, seconds, foreign, result, remains } = seen
  const { asked: requests, watches } = split(seen.requests)
  const kinds = countBy(requests, (request) => `${request.verb} ${request.resource}`)
  const activities = sum([...temporal.activities.values()])
  const events = requests.filter(isEvent).length
  const rows: [string, number, string?][] = [
    ['requests to the API server', requests.length, against(requests.length, GOAL_REQUESTS, String)],
    ['Kubernetes events among them', events],
    ['watches that were begun anew meanwhile', watches.length],
    ['queries to Prometheus (2 metrics, a look a second)', queries],
    ['Temporal: activities', activities],
    ['Temporal: history events, all runs', temporal.events],
    ['Temporal: workflow tasks', temporal.workflowTasks],
    ['Temporal: workflow runs', temporal.runs],
  ]
  return {
    tables: [
      {
        title: `Footprint: one good release of four steps, over in ${seconds.toFixed(0)} s`,
        headings: ['WHAT', 'COUNT', 'GOAL'],
        rows: rows.map(([what, count, goal = '']) => [what, String(count), goal]),
      },
      countTable('Requests to the API server', kinds),
      countTable('Activities', temporal.activities),
    ],
    figures: {
      seconds,
      apiRequests: requests.length,
      goalApiRequests: GOAL_REQUESTS,
      apiRequestsByKind: Object.fromEntries(kinds),
      watches: watches.length,
      failedApiRequests: requests.filter(({ code }) => code >= 400).length,
      kubernetesEvents: events,
      prometheusQueries: queries,
      activities: Object.fromEntries(temporal.activities),
      historyEvents: temporal.events,
      workflowTasks: temporal.workflowTasks,
      workflowRuns: temporal.runs,
      foreignErrors: foreign.count,
    },
    wrong: [
      ...(result === 'Promoted' ? [] : [`the release ended with ${result}`]),
      ...foreignProblems(foreign),
      ...(temporal.runs > 0 ? [] : ['Temporal knows no workflow of the release']),
      ...remains,
    ],
  }
}

function isEvent({ verb, resource }: ApiRequest): boolean {
  return verb === 'create' && resource === 'events'
}

function countTable(title: string, counts: ReadonlyMap<string, number>) {
  return {
    title,
    headings: ['WHAT', 'COUNT'],
    rows: [...counts].map(([what, count]) => [what, String(count)]),
  }
}
