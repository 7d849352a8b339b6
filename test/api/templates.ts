import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { changed } from './specs.ts'
import type { Json, JsonObject, Path } from './specs.ts'

interface Template {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: JsonObject
}

/** The examples of the reference page; together they set every field. */
export const exampleTemplates = parseAllDocuments(
  readFileSync(new URL('../../scripts/generate/metric-templates.yaml', import.meta.url), 'utf8'),
).map((document) => document.toJS() as Template)

/** The example that has a field. */
function exampleWithField([top = 'query']: Path): JsonObject {
  const found = exampleTemplates.find(({ spec }) => spec[top] !== undefined) ?? exampleTemplates[0]
  if (found === undefined) throw new Error('there are no examples')
  return found.spec
}

/** A copy of the spec of an example that has the field, with the field changed; undefined removes it. */
export function templateWith(path: Path, value: Json | undefined): JsonObject {
  return changed(exampleWithField(path), path, value) as JsonObject
}
