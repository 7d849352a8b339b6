import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { vectors } from './vectors.ts'

const HEAD = ['format', 'tolerance', 'lookColumns', 'defaults']
const GROUPS = {
  cases: 30,
  betaBinomial: 3,
  combined: 3,
  dispersion: 3,
  counters: 4,
  histograms: 5,
} as const

test('all groups of vectors are known, and all of their vectors', () => {
  const { format } = vectors as unknown as { format: string }
  expect(format).toBe('canary-analysis-vectors/1')
  expect(Object.keys(vectors).toSorted()).toEqual([...HEAD, ...Object.keys(GROUPS)].toSorted())
  const lengths = Object.keys(GROUPS).map((name) => [name, vectors[name as keyof typeof GROUPS].length])
  expect(Object.fromEntries(lengths)).toEqual(GROUPS)
})

test.each(Object.keys(GROUPS))('a test goes through all vectors of %s', (name) => {
  const folder = new URL('.', import.meta.url)
  const tests = readdirSync(folder).filter((file) => file.endsWith('.test.ts'))
  const texts = tests.map((file) => readFileSync(new URL(file, folder), 'utf8'))
  expect(texts.filter((text) => text.includes(`test.each(vectors.${name})(`))).toHaveLength(1)
})
