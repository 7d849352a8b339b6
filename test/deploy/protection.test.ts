import { join } from 'node:path'
import type { V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding } from '@kubernetes/client-node'
import { describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { ALLOW_REMOVAL_ANNOTATION, GROUP_VERSION, MARK_ANNOTATION } from '../../src/api/names.ts'
import { baseObject, objectsBelow } from './base.ts'

const objects = objectsBelow(join(projectRoot, 'deploy/protection'))
const policies = objects.filter(
  ({ kind }) => kind === 'ValidatingAdmissionPolicy',
) as V1ValidatingAdmissionPolicy[]
const bindings = objects.filter(
  ({ kind }) => kind === 'ValidatingAdmissionPolicyBinding',
) as V1ValidatingAdmissionPolicyBinding[]

const textOf = (policy: V1ValidatingAdmissionPolicy) => JSON.stringify(policy.spec)

describe('the policies of in-use protection', () => {
  it('are bound, each once, and refuse', () => {
    expect(bindings.map(({ spec }) => spec?.policyName)).toEqual(
      policies.map(({ metadata }) => metadata?.name),
    )
    expect(bindings.flatMap(({ spec }) => spec?.validationActions)).toEqual(policies.map(() => 'Deny'))
  })

  it.each(policies.map((policy) => [policy.metadata?.name, policy] as const))(
    '%s never keep a cluster from being repaired, nor Sluice from its work',
    (_, policy) => {
      const { namespace, name } = baseObject('ServiceAccount').metadata ?? {}
      expect(policy.spec?.failurePolicy).toBe('Ignore')
      expect(textOf(policy)).toContain(`'system:serviceaccount:${namespace}:${name}'`)
      expect(textOf(policy)).toContain(`'${ALLOW_REMOVAL_ANNOTATION}'`)
    },
  )

  it('ask Rollouts of the API that there is, and know the mark by its name', () => {
    const [workloads, meshObjects] = policies
    const { apiVersion, kind } = workloads?.spec?.paramKind ?? {}
    expect(`${apiVersion} ${kind}`).toBe(`${GROUP_VERSION} Rollout`)
    expect(meshObjects && textOf(meshObjects)).toContain(`'${MARK_ANNOTATION}'`)
  })
})
