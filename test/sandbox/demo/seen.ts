import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { DemoCase } from '../../../sandbox/demo/cases.ts'
import type { Seen } from '../../../sandbox/demo/judge.ts'

const GENERATION = 4
const AT = '2026-01-02T03:04:05Z'
const TEXT = 'canary 9 of 100 requests failed (9%, limit 1%)'

/** The status that Sluice writes when a case ends as expected. */
export function statusAfter({ version, expected }: DemoCase): RolloutStatus {
  const promoted = expected.result === 'Promoted'
  const standing = promoted ? 'Ready' : 'Stalled'
  const percent = promoted ? 100 : 0
  const good = promoted ? 'Pass' : 'Unsure'
  const release = {
    id: `${version}-x-1`,
    seq: 9,
    phase: 'Done',
    version,
    templateHash: 'x',
    step: 1,
    steps: 4,
  }
  const from = promoted ? expected.gone : expected.users
  return {
    observedGeneration: GENERATION,
    stableVersion: expected.users,
    message: `users have ${expected.users}`,
    release,
    weight: { desired: percent, observed: percent, observedBy: 'EnvoyAdmin' },
    verdicts: ['error-rate', 'p99'].map((metric) => {
      const verdict = expected.failed.includes(metric) ? 'Fail' : good
      return { metric, verdict, value: '0', limit: '1%', evidence: TEXT }
    }),
    ...(!promoted && {
      lastFailed: {
        version,
        templateHash: 'x',
        reason: expected.probe === 'Failed' ? 'ProbeFailed' : 'MetricFailed',
        message: TEXT,
        at: AT,
      },
    }),
    history: [{ from, to: version, result: expected.result, reason: TEXT, startedAt: AT, finishedAt: AT }],
    conditions: ['Ready', 'Reconciling', 'Stalled'].map((type) => ({
      type,
      status: type === standing ? 'True' : 'False',
      reason: 'Any',
      message: TEXT,
      observedGeneration: GENERATION,
      lastTransitionTime: AT,
    })),
  }
}

/** What is seen when a case ends as expected, with changes of the status. */
export function seenOf(demo: DemoCase, changes: Partial<RolloutStatus> = {}): Seen {
  const { killAtWeight, expected } = demo
  return {
    rollout: {
      metadata: { generation: GENERATION },
      spec: { version: demo.version },
      status: { ...statusAfter(demo), ...changes },
    },
    weights: expected.weights,
    ...(killAtWeight !== undefined && { killedAt: killAtWeight }),
    pods: { users: 2, gone: 0 },
    ...(expected.probe && { probe: expected.probe }),
    met: demo.probes ? { [`reviews-${demo.version}`]: 12 } : {},
    foreignErrors: 0,
    remains: [],
  }
}

/** Something that must be there for a test. */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test needs what is not there')
  return value
}
