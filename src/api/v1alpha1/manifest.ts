import { z } from 'zod'
import { GROUP_VERSION } from '../names.ts'
import { dnsLabel, objectName } from './forms.ts'
import { problemLines } from './problems.ts'
import { wording } from './wording.ts'

/** A Rollout as people write it into a file; its spec is parsed by itself. */

/** Names go into labels of what a Rollout makes, and values of labels end at so many characters. */
const LONGEST_NAME = 63
const SHORT_NAME = `must have at most ${LONGEST_NAME} characters, so that it can be the value of a label`

/** The rule about names, as the API server has it. */
export const NAME_RULE = {
  rule: `self.metadata.name.size() <= ${LONGEST_NAME}`,
  message: `metadata.name ${SHORT_NAME}`,
}

const texts = z.record(z.string(), z.string()).nullish()

const manifest = z.strictObject({
  apiVersion: z.literal(GROUP_VERSION),
  kind: z.literal('Rollout'),
  metadata: z.strictObject({
    name: objectName.refine((name) => name.length <= LONGEST_NAME, SHORT_NAME),
    namespace: dnsLabel.nullish(),
    labels: texts,
    annotations: texts,
  }),
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
})

/** What else metadata may hold: many write what `kubectl get -o yaml` showed them. */
const OF_THE_SERVER = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
])

/** What is wrong with the manifest around the spec: a line each, with the field. */
export function manifestProblems(raw: Readonly<Record<string, unknown>>): string[] {
  const result = manifest.safeParse({ ...raw, ...peoples(raw['metadata']) }, { error: wording })
  return result.success ? [] : problemLines(result.error.issues)
}

function peoples(metadata: unknown): object {
  if (typeof metadata !== 'object' || metadata === null) return {}
  return {
    metadata: Object.fromEntries(Object.entries(metadata).filter(([field]) => !OF_THE_SERVER.has(field))),
  }
}
