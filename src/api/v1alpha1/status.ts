import { z } from 'zod'

/** The only source of the Rollout's status. Bounds are generous: a status that is refused would say nothing at all. */

const text = z.string().max(32_768) // as of Kubernetes' own conditions
const name = z.string().max(253)
const word = z.string().max(128)
const time = z.iso.datetime({ offset: true })
const percent = z.int().min(0).max(100)
const generation = z.int().min(0).describe('The generation of the spec that this was written for.')

const ATOMIC = { 'x-kubernetes-list-type': 'atomic' }
const keyedBy = (key: string) => ({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': [key],
})

const condition = z.strictObject({
  type: word.describe('Ready, Reconciling or Stalled.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether the condition holds.'),
  reason: word.min(1).describe('Why, in one word; the words are listed below.'),
  message: text.describe('Why, in one sentence.'),
  observedGeneration: generation.optional(),
  lastTransitionTime: time.describe('When `status` last changed.'),
})

const release = z.strictObject({
  id: name.describe('Identity of the release: version and hash of its pod template.'),
  seq: z.int().min(0).describe('Rises with each action of the release; a writer that is behind stops.'),
  phase: z.string().max(32).describe('What the release is doing.'),
  version: name.describe('The version that is being tried.'),
  templateHash: name.describe('Hash of the pod template of that version.'),
  step: z.int().min(0).describe('Number of the step, from 1; 0 before the first.'),
  steps: z.int().min(0).describe('How many steps there are.'),
  startedAt: time.optional().describe('When the release began.'),
  stepStartedAt: time.optional().describe('When the weight of this step was written.'),
})

const weight = z.strictObject({
  desired: percent.describe('Percent of requests that the canary should get.'),
  observed: percent.optional().describe('Percent that the proxies were seen to send.'),
  observedBy: word.optional().describe('How the proxies were asked.'),
})

const verdict = z.strictObject({
  metric: name.describe('Name of the metric in `spec.analysis.metrics`.'),
  verdict: z
    .enum(['Pass', 'Fail', 'Unsure', 'NoData', 'ProviderError'])
    .describe(
      'Unsure: not enough evidence yet. NoData: no requests. ProviderError: Prometheus did not answer as it should.',
    ),
  value: word.optional().describe('What was measured.'),
  limit: word.describe('What was allowed.'),
  evidence: text.describe('How much was seen.'),
})

const fault = z.strictObject({
  name: name.describe('Name of the fault in `spec.faults`.'),
  host: name.describe('Host whose callers meet it.'),
  state: z
    .enum(['Waiting', 'Baseline', 'Injected', 'Recovering', 'Passed', 'Failed', 'Inconclusive'])
    .describe(
      'Waiting: for another probe to end. Baseline: the canary is watched without the fault. Inconclusive: nobody was seen to meet the fault, or too few.',
    ),
  expiresAt: time.optional().describe('When the fault is gone at the latest.'),
  message: text.optional().describe('What came of it, or what it waits for.'),
})

const lastFailed = z.strictObject({
  version: name.describe('The version that failed or was aborted.'),
  templateHash: name.describe('Hash of its pod template.'),
  reason: word.describe('Why, in one word.'),
  message: text.describe('Why, in one sentence.'),
  at: time.describe('When.'),
})

const historyEntry = z.strictObject({
  from: name.describe('The version that users had.'),
  to: name.describe('The version that was wanted.'),
  result: z.enum(['Promoted', 'RolledBack', 'Adopted', 'Superseded', 'Returned']).describe('How it ended.'),
  reason: text.describe('Why it ended so.'),
  startedAt: time.describe('When the release began.'),
  finishedAt: time.describe('When it ended.'),
})

/** Schema of `status` of a Rollout. */
export const rolloutStatus = z
  .strictObject({
    observedGeneration: generation.optional(),
    stableVersion: name.optional().describe('The version that users have.'),
    serving: z
      .array(z.string().max(512))
      .max(20)
      .optional()
      .meta(ATOMIC)
      .describe(
        'Workloads whose pods have traffic or are held ready for the way back, as `resource.group/name`: `deployments.apps/reviews-v1`. In-use protection reads it.',
      ),
    message: text.optional().describe('One sentence of what is and what comes next.'),
    release: release.optional().describe('The release under way.'),
    weight: weight.optional().describe('Where the requests go.'),
    step: z.string().max(16).optional().describe('Step of steps, as kubectl shows it.'),
    verdicts: z
      .array(verdict)
      .max(20)
      .optional()
      .meta(keyedBy('metric'))
      .describe('What the last look said, a metric each.'),
    faults: z
      .array(fault)
      .max(20)
      .optional()
      .meta(keyedBy('name'))
      .describe('Fault probes of the release, those that were made and the one under way.'),
    workflow: z
      .strictObject({
        id: z.string().max(1024).describe('Id of the workflow.'),
        runId: name.describe('Id of its run.'),
      })
      .optional()
      .describe('The Temporal workflow that drives the release.'),
    lastFailed: lastFailed.optional().describe('The release that is not started again until it changes.'),
    history: z
      .array(historyEntry)
      .max(10)
      .optional()
      .meta(ATOMIC)
      .describe('The last releases, newest first.'),
    conditions: z
      .array(condition)
      .max(8)
      .optional()
      .meta(keyedBy('type'))
      .describe('Ready, Reconciling and Stalled, as kstatus reads them.'),
  })
  // Who waits for a Rollout (Flux, kubectl wait) must not take one that nobody has seen yet for done.
  .default({ observedGeneration: 0 })
  .describe('What is; written by Sluice.')

export type RolloutStatus = z.output<typeof rolloutStatus>
export type Condition = z.output<typeof condition>
export type VerdictStatus = z.output<typeof verdict>
export type FaultStatus = z.output<typeof fault>
export type HistoryEntry = z.output<typeof historyEntry>
export type LastFailed = z.output<typeof lastFailed>
