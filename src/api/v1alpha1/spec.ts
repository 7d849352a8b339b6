import { z } from 'zod'
import { analysis } from './analysis.ts'
import { faults } from './faults.ts'
import { probesFitSteps } from './fault-rules.ts'
import { checked, quoted } from './checks.ts'
import type { Check } from './checks.ts'
import {
  dnsLabel,
  duration,
  gatewayName,
  labelKey,
  labelValue,
  objectName,
  positiveDuration,
  routeName,
} from './forms.ts'

/** The only source of the Rollout's spec: types, defaults, parsing, CRD schema and reference page come from it. */

const ATOMIC = { 'x-kubernetes-list-type': 'atomic' }

const retire = z
  .strictObject({
    policy: z
      .enum(['ScaleToZero', 'Keep', 'Delete'])
      .default('ScaleToZero')
      .describe(
        'What becomes of the workload that lost: scaled to zero, or left as it is. Delete: the old workload is deleted when it is retired, and a canary that was rolled back is scaled to zero; refused for workloads that Argo CD, Flux or Helm track.',
      ),
    after: duration
      .default('10m')
      .describe(
        'Time after promotion in which the old version stays ready, so that the way back is instant.',
      ),
  })
  .describe('The end of the old version.')

const areDistinct: Check<readonly string[]> = {
  must: 'name each route once',
  holds: (list) => new Set(list).size === list.length,
  cel: 'self.all(r, self.exists_one(t, t == r))',
  found: { text: quoted, cel: 'self', format: '%s' },
}

const virtualServiceRef = z
  .strictObject({
    name: objectName.describe('Name of a VirtualService.'),
    namespace: dnsLabel
      .optional()
      .describe(
        'Its namespace; absent: that of the Rollout. One in another namespace must carry the annotation `sluice.dev/allow-from` with the namespace of the Rollout.',
      ),
    routes: checked(z.array(routeName).min(1).max(10), [areDistinct])
      .optional()
      .meta(ATOMIC)
      .describe('Names of the http routes to manage. Absent: the only route that leads to the service.'),
  })
  .describe('A VirtualService that is edited in place.')

type VirtualServiceRefs = readonly z.output<typeof virtualServiceRef>[]

const areNamedOnce: Check<VirtualServiceRefs> = {
  must: 'name each VirtualService once',
  holds: (list) => new Set(list.map(({ namespace, name }) => `${namespace}/${name}`)).size === list.length,
  // "namespace" is a reserved word of CEL. Optional fields would have no bound, and so cost more than the API server allows.
  cel:
    'self.all(v, self.exists_one(w, w.name == v.name && has(w.__namespace__) == has(v.__namespace__) && ' +
    '(!has(v.__namespace__) || w.__namespace__ == v.__namespace__)))',
  found: {
    text: (list) => quoted(list.map(({ name }) => name)),
    cel: 'self.map(v, v.name)',
    format: '%s',
  },
}

const existing = z
  .strictObject({
    virtualServices: checked(z.array(virtualServiceRef).min(1).max(10), [areNamedOnce])
      .meta(ATOMIC)
      .describe('The VirtualServices whose weights are moved, all alike: of the mesh and of gateways.'),
    destinationRule: z
      .strictObject({
        name: objectName.describe('Name of the DestinationRule in the namespace of the Rollout.'),
      })
      .describe('The DestinationRule whose subsets are kept in step.'),
  })
  .describe(
    'Objects that exist already and are edited in place; all that Sluice does not own stays as it is.',
  )

const generated = z
  .strictObject({
    gateways: z
      .array(gatewayName)
      .max(10)
      .default([])
      .meta(ATOMIC)
      .describe(
        'Gateways besides the mesh, as `namespace/name`, or `name` for one of the namespace of the Rollout.',
      ),
    hosts: z
      .array(objectName)
      .max(20)
      .default([])
      .meta(ATOMIC)
      .describe('Hosts besides that of the service, as callers from outside name it.'),
  })
  .describe('A VirtualService and a DestinationRule of our own, named after the Rollout. They go with it.')

const trafficFields = z.strictObject({
  service: dnsLabel.describe('Kubernetes Service in the namespace of the Rollout; its mesh host.'),
  existing: existing.optional(),
  generated: generated.optional(),
})

const traffic = checked(trafficFields, [
  {
    must: 'have either existing or generated, and not both',
    holds: (value) => (value.existing === undefined) !== (value.generated === undefined),
    cel: 'has(self.existing) != has(self.generated)',
  },
]).describe('The traffic that is moved. Exactly one of `existing` and `generated` says by which objects.')

const step = z
  .strictObject({
    weight: z.int().min(1).max(100).describe('Percent of requests that the canary gets.'),
    hold: duration
      .default('5m')
      .describe('Shortest time at this weight, measured from the moment it was written.'),
    faults: z
      .array(dnsLabel)
      .max(5)
      .optional()
      .meta(ATOMIC)
      .describe('Names of fault probes (`spec.faults`) that are due at this weight, one after the other.'),
  })
  .describe('A weight, held while checks run.')

type Steps = readonly z.output<typeof step>[]

const weightsRise: Check<Steps> = {
  must: 'rise in weight from step to step',
  holds: (list) => list.every((entry, index) => index === 0 || entry.weight > (list[index - 1]?.weight ?? 0)),
  cel: 'self.map(s, s.weight).isSorted() && self.all(s, self.exists_one(t, t.weight == s.weight))',
  found: {
    text: (list) => `[${list.map((entry) => entry.weight).join(', ')}]`,
    cel: 'self.map(s, s.weight)',
    format: '%s',
  },
}

const lastIsAll: Check<Steps> = {
  must: 'end at weight 100',
  holds: (list) => list.length === 0 || list.at(-1)?.weight === 100,
  cel: 'self.size() == 0 || self[self.size() - 1].weight == 100',
  found: { text: (list) => String(list.at(-1)?.weight), cel: 'self[self.size() - 1].weight', format: '%s' },
}

const lastHasNoFault: Check<Steps> = {
  must: 'have no faults at weight 100, where all users would meet what the canary makes of them',
  holds: (list) => list.every(({ weight, faults: named = [] }) => weight < 100 || named.length === 0),
  cel: 'self.all(s, s.weight < 100 || !has(s.faults) || s.faults.size() == 0)',
}

const steps = checked(z.array(step).min(1).max(20), [weightsRise, lastIsAll, lastHasNoFault])
  .default([5, 20, 50, 100].map((weight) => ({ weight, hold: '5m' })))
  .meta(ATOMIC)
  .describe('Weights in rising order; the last one is 100, the bake.')

const specFields = z.strictObject({
  version: labelValue.describe(
    'The version wanted: a value of the version label on the pods of your own workloads.',
  ),
  versionLabel: labelKey.default('version').describe('Label that tells the versions of the service apart.'),
  initialVersion: labelValue
    .optional()
    .describe('What users have before the first release, if neither the route nor the status tells.'),
  retire: retire.prefault({}),
  capacity: z
    .enum(['Managed', 'Manual'])
    .default('Managed')
    .describe(
      'Managed: Sluice scales the canary up before each weight that needs it, and holds the minReplicas of autoscalers until the release is over. Manual: nothing is scaled, neither up nor down; a step waits for the pods that it needs, and says how many.',
    ),
  traffic,
  steps,
  analysis,
  faults,
  progressDeadline: positiveDuration
    .default('10m')
    .describe('Canary pods that are not ready by then end the release.'),
  paused: z
    .boolean()
    .default(false)
    .describe('No new release starts and no step ends while true; the canary stays guarded.'),
})

type Spec = z.output<typeof specFields>

const specChecks: Check<Spec>[] = [
  {
    field: 'steps',
    must: 'name faults of spec.faults only',
    holds: ({ steps: list, faults: known }) => unknownFaults(list, known).flat().length === 0,
    cel: 'self.steps.all(s, !has(s.faults) || s.faults.all(f, self.faults.exists(k, k.name == f)))',
    found: {
      text: ({ steps: list, faults: known }) => nested(unknownFaults(list, known)),
      cel: 'self.steps.map(s, has(s.faults) ? s.faults.filter(f, !self.faults.exists(k, k.name == f)) : [])',
      format: '%s',
    },
  },
  {
    field: 'faults',
    must: 'expect metrics of spec.analysis.metrics only',
    holds: ({ faults: list, analysis: { metrics } }) => unknownMetrics(list, metrics).flat().length === 0,
    cel: 'self.faults.all(f, !has(f.expect) || f.expect.all(e, self.analysis.metrics.exists(m, m.name == e.metric)))',
    found: {
      text: ({ faults: list, analysis: { metrics } }) => nested(unknownMetrics(list, metrics)),
      cel: 'self.faults.map(f, has(f.expect) ? f.expect.map(e, e.metric).filter(n, !self.analysis.metrics.exists(m, m.name == n)) : [])',
      format: '%s',
    },
  },
  probesFitSteps,
]

/** By step. */
function unknownFaults(list: Spec['steps'], known: Spec['faults']): string[][] {
  return list.map(({ faults: named = [] }) =>
    named.filter((name) => !known.some((entry) => entry.name === name)),
  )
}

/** By fault. */
function unknownMetrics(list: Spec['faults'], metrics: Spec['analysis']['metrics']): string[][] {
  return list.map(({ expect = [] }) =>
    expect.map(({ metric }) => metric).filter((name) => !metrics.some((metric) => metric.name === name)),
  )
}

/** A list of lists as CEL shows it. */
function nested(lists: readonly (readonly string[])[]): string {
  return `[${lists.map(quoted).join(', ')}]`
}

/** Schema of `spec` of a Rollout. */
export const rolloutSpec = checked(specFields, specChecks).describe('What is wanted.')

export type RolloutSpec = z.output<typeof rolloutSpec>
