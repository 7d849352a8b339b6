import { z } from 'zod'
import { checked, quoted } from './checks.ts'
import type { Check } from './checks.ts'
import {
  bounded,
  celPositiveDuration,
  celShare,
  dnsLabel,
  duration,
  isPositiveDuration,
  isShare,
  namedList,
  objectName,
  positiveDuration,
  textCheck,
} from './forms.ts'
import { prober } from './prober.ts'

/** The only source of `spec.faults` of a Rollout: faults for a limited time, and whose requests meet them. */

/** Codes of gRPC that mean an error, as Istio takes them in a fault. */
export const GRPC_STATUSES = [
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

const percent = z.int().min(1).max(100).default(100).describe('Percent of the requests that meet it.')

const abortFields = z.strictObject({
  percent,
  httpStatus: z.int().min(400).max(599).optional().describe('Status of the answer, such as 503.'),
  grpcStatus: z.enum(GRPC_STATUSES).optional().describe('gRPC status of the answer, such as UNAVAILABLE.'),
})

const abort = checked(abortFields, [
  {
    must: 'have either httpStatus or grpcStatus, and not both',
    holds: ({ httpStatus, grpcStatus }) => (httpStatus === undefined) !== (grpcStatus === undefined),
    cel: 'has(self.httpStatus) != has(self.grpcStatus)',
  },
]).describe('Requests are answered with an error instead of being sent on.')

const delay = z
  .strictObject({
    percent,
    fixedDelay: positiveDuration.describe('How much later requests are sent on.'),
  })
  .describe('Requests are sent on later.')

const expectation = z
  .strictObject({
    metric: dnsLabel.describe('Name of a metric in `spec.analysis.metrics`.'),
    max: bounded(
      20,
      textCheck(
        'be a percentage above 0% and below 100%, such as 2%, or a duration longer than 0s, such as 800ms',
        (text) => isShare(text) || isPositiveDuration(text),
        `(${celShare('self')}) || (${celPositiveDuration('self')})`,
      ),
    ).describe('Limit while the fault is on: a percentage, or a duration for Latency.'),
  })
  .describe('What the canary is held to while the fault is on.')

const faultFields = z.strictObject({
  name: dnsLabel.describe('Name of the fault, unique in the list; steps name it.'),
  dependency: objectName
    .optional()
    .describe(
      'Host that the canary calls: a Service of the namespace, `name.namespace.svc.cluster.local`, or a host of a ServiceEntry. Only the calls of the canary’s own pods meet the fault.',
    ),
  canary: prober.optional(),
  traffic: z
    .enum(['RealRequests'])
    .optional()
    .describe(
      'RealRequests: a share of the requests of users meets the fault, whichever version they go to. Refused unless the administrator allows that share (`SLUICE_FAULT_MAX_PERCENT`, 0 by default); what `percent` of abort and delay come to together is held against it.',
    ),
  abort: abort.optional(),
  delay: delay.optional(),
  duration: positiveDuration
    .default('1m')
    .describe('The fault is taken out after this time at the latest, by whoever of Sluice is alive.'),
  recovery: duration
    .default('30s')
    .describe('Longest time after the fault until the canary is within its limits again.'),
  expect: z
    .array(expectation)
    .min(1)
    .max(10)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['metric'] })
    .describe(
      'Limits while the fault is on. Absent: those of the analysis. With `canary` they are for metrics of kind ErrorRate and Latency only.',
    ),
  required: z
    .boolean()
    .default(true)
    .describe(
      'True: a canary that fails the probe is rolled back, and one whose probe says nothing waits. False: what came of it is only reported.',
    ),
})

type Fault = z.output<typeof faultFields>

/** Whose requests meet the fault. */
const SCOPES = ['dependency', 'canary', 'traffic'] as const

function scopesIn(fault: Fault): string[] {
  return SCOPES.filter((scope) => fault[scope] !== undefined)
}

const faultChecks: Check<Fault>[] = [
  {
    must: 'have abort, delay or both',
    holds: ({ abort: aborts, delay: delays }) => aborts !== undefined || delays !== undefined,
    cel: 'has(self.abort) || has(self.delay)',
  },
  {
    must: `have exactly one of ${SCOPES.join(', ')}`,
    holds: (fault) => scopesIn(fault).length === 1,
    cel: `${SCOPES.map((scope) => `(has(self.${scope}) ? 1 : 0)`).join(' + ')} == 1`,
    found: {
      text: (fault) => quoted(scopesIn(fault)),
      cel: SCOPES.map((scope) => `(has(self.${scope}) ? ['${scope}'] : [])`).join(' + '),
      format: '%s',
    },
  },
]

const fault = checked(faultFields, faultChecks).describe(
  'A fault for a limited time. One of `dependency`, `canary` and `traffic` says whose requests meet it.',
)

/** Schema of `spec.faults`. */
export const faults = namedList(fault, 10)
  .default([])
  .describe('Fault probes: what the canary has to survive. A step names those that are due at it.')

export type FaultSpec = Fault
