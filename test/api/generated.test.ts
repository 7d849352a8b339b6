import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { generatedFiles, staleFiles, writeFiles } from '../../scripts/generate/files.ts'
import { structuralSchema } from '../../scripts/generate/structural.ts'

describe('generated files', () => {
  let root: string
  const files = generatedFiles()

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sluice-generated-'))
  })

  afterEach(() => {
    rmSync(root, { recursive: true })
  })

  it('are all stale in an empty folder, and none once written', () => {
    expect(staleFiles(files, root)).toEqual(files)
    writeFiles(files, root)
    expect(staleFiles(files, root)).toEqual([])
  })

  it('are stale after an edit by hand', () => {
    writeFiles(files, root)
    writeFileSync(join(root, 'docs/reference/rollout.md'), 'edited')
    expect(staleFiles(files, root).map((file) => file.path)).toEqual(['docs/reference/rollout.md'])
  })

  it('come out the same every time', () => {
    expect(generatedFiles()).toEqual(files)
  })
})

describe('a structural schema', () => {
  it('has formats in place of the bounds of JavaScript, and no keys that Kubernetes refuses', () => {
    const schema = z.strictObject({ count: z.int(), weight: z.int().max(100) })
    expect(structuralSchema(schema, 'spec')).toEqual({
      type: 'object',
      required: ['count', 'weight'],
      properties: {
        count: { type: 'integer', format: 'int64' },
        weight: { type: 'integer', format: 'int32', maximum: 100 },
      },
    })
  })

  it.each([
    ['a string without a longest length', z.string(), 'spec.field: needs a longest length'],
    [
      'a list without a greatest number of entries',
      z.array(z.boolean()).meta({ 'x-kubernetes-list-type': 'atomic' }),
      'spec.field: needs a greatest number of entries',
    ],
    ['a list without a list type', z.array(z.boolean()).max(3), 'spec.field: needs a list type'],
    ['a pattern', z.string().max(9).regex(/a/), 'spec.field: use a check with words'],
    ['an object that takes any field', z.looseObject({}), 'spec.field: use z.strictObject'],
    ['a union', z.union([z.boolean(), z.int()]), 'spec.field: the CRD generator does not know'],
  ])('is refused for %s', (_, field, message) => {
    expect(() => structuralSchema(z.strictObject({ field }), 'spec')).toThrow(message)
  })
})
