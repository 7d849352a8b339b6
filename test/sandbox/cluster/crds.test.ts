import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isCrd, listPaths, readObjects } from '../../../sandbox/cluster/crds.ts'
import { temporaryFolder } from '../temporary.ts'

const yaml = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.sluice.dev}
spec:
  group: sluice.dev
  names: {kind: Rollout, plural: rollouts}
  scope: Namespaced
  versions:
  - {name: v1alpha1, served: true, storage: true}
  - {name: v1alpha0, served: false, storage: false}
---
# nothing
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
`

test('definitions are found among other objects, and asked for at each served version', () => {
  const path = join(temporaryFolder(), 'objects.yaml')
  writeFileSync(path, yaml)
  const objects = readObjects(path)
  expect(objects.map((object) => object.kind)).toEqual(['CustomResourceDefinition', 'Namespace'])
  expect(objects.filter(isCrd).flatMap(listPaths)).toEqual(['/apis/sluice.dev/v1alpha1/rollouts?limit=1'])
})
