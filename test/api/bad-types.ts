import { structuralSchema } from '../../scripts/generate/structural.ts'
import type { StructuralSchema } from '../../scripts/generate/structural.ts'
import { metricTemplateSpec } from '../../src/api/v1alpha1/metric-template.ts'
import { rolloutSpec } from '../../src/api/v1alpha1/spec.ts'
import type { With } from './rows.ts'
import { exampleWith, pathText } from './specs.ts'
import type { BadSpec, Json, Path } from './specs.ts'
import { templateWith } from './templates.ts'

/** Bad specs that follow from the schema alone: for every field a wrong type, for every object an unknown field, and so on. */

const WRONG: Record<StructuralSchema['type'], Json> = {
  object: 'text',
  array: 'text',
  string: 7,
  integer: 'seven',
  number: 'ninety-nine',
  boolean: 'yes',
}

/** Every field of the schema; lists by their first entry. */
export function fieldsOf(node: StructuralSchema, path: Path = []): [Path, StructuralSchema][] {
  const inner = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    fieldsOf(child, [...path, key]),
  )
  const items = node.items === undefined ? [] : fieldsOf(node.items, [...path, 0])
  return [[path, node], ...inner, ...items]
}

function wrongType(path: Path, node: StructuralSchema, exampleOf: With): BadSpec {
  const value = WRONG[node.type]
  return {
    claim: `${pathText(path)}: ${JSON.stringify(value)} in place of ${node.type}`,
    spec: exampleOf(path, value),
    field: pathText(path),
    server: [node.enum === undefined ? `must be of type ${node.type}` : 'Unsupported value: 7'],
    parser: [`, found ${JSON.stringify(value)}`, node.enum?.at(0) ?? 'must be a'],
  }
}

function unknownField(path: Path, exampleOf: With): BadSpec {
  return {
    claim: `${pathText(path)}: an unknown field`,
    spec: exampleOf([...path, 'surprise'], 1),
    field: pathText(path),
    server: [`unknown field "${pathText([...path, 'surprise'])}"`],
    parser: ['has no field "surprise"; its fields are '],
  }
}

function missing(path: Path, exampleOf: With): BadSpec {
  return {
    claim: `${pathText(path)}: missing`,
    spec: exampleOf(path, undefined),
    field: pathText(path),
    server: ['Required value'],
    parser: ['is required, and must be '],
  }
}

function unknownChoice(path: Path, choices: readonly string[], exampleOf: With): BadSpec {
  return {
    claim: `${pathText(path)}: a word that is no choice`,
    spec: exampleOf(path, 'Surprise'),
    field: pathText(path),
    server: ['Unsupported value: "Surprise"', ...choices],
    parser: [choices.length > 1 ? 'must be one of ' : 'must be ', 'found "Surprise"', ...choices],
  }
}

function rowsOf(schema: StructuralSchema, exampleOf: With): BadSpec[] {
  return fieldsOf(schema).flatMap(([path, node]) => [
    wrongType(path, node, exampleOf),
    ...(node.type === 'object' ? [unknownField(path, exampleOf)] : []),
    ...(node.required ?? []).map((key) => missing([...path, key], exampleOf)),
    ...(node.enum === undefined ? [] : [unknownChoice(path, node.enum, exampleOf)]),
  ])
}

/** Rows for all fields of a Rollout's spec. */
export const badByType: readonly BadSpec[] = rowsOf(structuralSchema(rolloutSpec, 'spec'), exampleWith)

/** Rows for all fields of a MetricTemplate's spec. */
export const badTemplatesByType: readonly BadSpec[] = rowsOf(
  structuralSchema(metricTemplateSpec, 'spec'),
  templateWith,
)
