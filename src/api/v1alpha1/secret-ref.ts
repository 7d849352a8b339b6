import { z } from 'zod'
import { bounded, objectName, patternCheck } from './forms.ts'

/** A value that users keep in a Secret. */
export const secretKeyRef = z
  .strictObject({
    name: objectName.describe('Name of a Secret in the namespace of the Rollout.'),
    key: bounded(
      253,
      patternCheck('be a key of a Secret (letters, digits, "-", "_" or ".")', /^[-._a-zA-Z0-9]+$/),
    ).describe('Key in the Secret.'),
  })
  .describe(
    'A value in a Secret of the namespace of the Rollout. Sluice has no right to read Secrets until a Role there gives it `get` on this one.',
  )
