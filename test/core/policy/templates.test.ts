import { describe, expect, it } from 'vitest'
import { contentHash } from '../../../src/core/hash.ts'
import { templateHashOf } from '../../../src/core/policy/templates.ts'

/** A pod template with what JSON has: nesting, lists, numbers, text beyond ASCII, empty values. */
const TEMPLATE = {
  metadata: { creationTimestamp: null, labels: { version: 'v2', app: 'reviews' }, annotations: {} },
  spec: {
    containers: [
      {
        name: 'app',
        image: 'example.com/reviews:2.0',
        args: ['--motto', 'größer & besser ✓'],
        ports: [{ containerPort: 9080 }],
        resources: { limits: { cpu: '0.5' } },
        stdin: false,
      },
    ],
    terminationGracePeriodSeconds: 30,
  },
}
const FIRST = { kind: 'Deployment', name: 'reviews-v2', templateHash: contentHash(TEMPLATE) }
const SECOND = { ...FIRST, name: 'reviews-v2-batch' }

/**
 * While Sluice is updated its controllers and workers of two versions look at the same workloads. Did their hashes differ,
 * each would take the other's for a new pod template, take the canary's weight away and begin the release anew; releases
 * that failed would be tried once more. So these values stay as they are in every version.
 */
describe('the hash of a pod template is the same in all versions of Sluice', () => {
  it('for one template', () => {
    expect(contentHash(TEMPLATE)).toBe('03w9ozv13b915x')
  })

  it('for the workloads of a version', () => {
    expect(templateHashOf([FIRST])).toBe('0j8x3c40alc8my')
    expect(templateHashOf([FIRST, SECOND])).toBe('05v5xqe0umhgks')
  })

  it('for a version without workloads', () => {
    expect(templateHashOf([])).toBe('')
  })
})

it('the order in which workloads are found makes no other template', () => {
  expect(templateHashOf([SECOND, FIRST])).toBe(templateHashOf([FIRST, SECOND]))
})
