import { structuralSchema } from '../../scripts/generate/structural.ts'
import type { StructuralSchema } from '../../scripts/generate/structural.ts'
import { rolloutSpec } from '../../src/api/v1alpha1/spec.ts'
import { exampleWith, pathText } from './specs.ts'
import type { BadSpec, Json, Path } from './specs.ts'

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

function wrongType(path: Path, node: StructuralSchema): BadSpec {
  const value = WRONG[node.type]
  return {
    claim: `${pathText(path)}: ${JSON.stringify(value)} in place of ${node.type}`,
    spec: exampleWith(path, value),
    field: pathText(path),
    server: [node.enum === undefined ? `must be of type ${node.type}` : 'Unsupported value: 7'],
    parser: [`, found ${JSON.stringify(value)}`, node.enum?.at(0) ?? 'must be a'],
  }
}

function unknownField(path: Path): BadSpec {
  return {
    claim: `${pathText(path)}: an unknown field`,
    spec: exampleWith([...path, 'surprise'], 1),
    field: pathText(path),
    server: [`unknown field "${pathText([...path, 'surprise'])}"`],
    parser: ['has no field "surprise"; its fields are '],
  }
}

function missing(path: Path): BadSpec {
  return {
    claim: `${pathText(path)}: missing`,
    spec: exampleWith(path, undefined),
    field: pathText(path),
    server: ['Required value'],
    parser: ['is required, and must be '],
  }
}

function unknownChoice(path: Path, choices: readonly string[]): BadSpec {
  return {
    claim: `${pathText(path)}: a word that is no choice`,
    spec: exampleWith(path, 'Surprise'),
    field: pathText(path),
    server: ['Unsupported value: "Surprise"', ...choices],
    parser: ['must be one of ', 'found "Surprise"', ...choices],
  }
}

/** Rows for all fields of the schema. */
export const badByType: readonly BadSpec[] = fieldsOf(structuralSchema(rolloutSpec, 'spec')).flatMap(
  ([path, node]) => [
    wrongType(path, node),
    ...(node.type === 'object' ? [unknownField(path)] : []),
    ...(node.required ?? []).map((key) => missing([...path, key])),
    ...(node.enum === undefined ? [] : [unknownChoice(path, node.enum)]),
  ],
)
