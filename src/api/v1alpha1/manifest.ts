import { z } from 'zod'
import { GROUP_VERSION } from '../names.ts'
import { dnsLabel, objectName } from './forms.ts'
import { problemLines } from './problems.ts'
import { wording } from './wording.ts'

/** A Rollout as people write it into a file; its spec is parsed by itself. */

const texts = z.record(z.string(), z.string()).nullish()

/** Fields that the API server owns are let pass: many write what `kubectl get -o yaml` showed them. */
const metadata = z.strictObject({
  name: objectName,
  namespace: dnsLabel.nullish(),
  labels: texts,
  annotations: texts,
  ...Object.fromEntries(
    [
      'finalizers',
      'ownerReferences',
      'generateName',
      'uid',
      'resourceVersion',
      'generation',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'managedFields',
      'selfLink',
    ].map((field) => [field, z.unknown().optional()]),
  ),
})

const manifest = z.strictObject({
  apiVersion: z.literal(GROUP_VERSION),
  kind: z.literal('Rollout'),
  metadata,
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
})

/** What is wrong with the manifest around the spec: a line each, with the field. */
export function manifestProblems(raw: unknown): string[] {
  const result = manifest.safeParse(raw, { error: wording })
  return result.success ? [] : problemLines(result.error.issues)
}
