import type { StructuralSchema } from './structural.ts'

/** Tables of fields and words, as Markdown. */

/**
 * A section with the fields of an object, then one for each object inside it.
 * @param path where the object stands in the manifest
 * @param depth of the heading
 */
export function sections(node: StructuralSchema, path: string, depth: number): string[] {
  const fields = Object.entries(node.properties ?? {})
  const rows = fields.map(([key, field]) => [
    `\`${key}\``,
    typeText(field),
    defaultText(field, (node.required ?? []).includes(key)),
    field.description ?? '',
    allowed(field).join('; '),
  ])
  const inner = fields.flatMap(([key, field]) => objectInside(field, `${path}.${key}`))
  const rules = ruleTexts(node)
  return [
    `${'#'.repeat(depth)} ${path}`,
    ...(node.description === undefined ? [] : [node.description]),
    ...(rules.length === 0 ? [] : [rules.map((rule) => `- ${rule}`).join('\n')]),
    table(['field', 'type', 'default', 'what', 'allowed'], rows),
    ...inner.flatMap(([object, place]) => sections(object, place, 3)),
  ]
}

function objectInside(field: StructuralSchema, path: string): [StructuralSchema, string][] {
  if (field.properties !== undefined) return [[field, path]]
  return field.items?.properties === undefined ? [] : [[field.items, `${path}[]`]]
}

function typeText(field: StructuralSchema): string {
  if (field.type === 'array') return `list of ${field.items?.type ?? 'anything'}s`
  return field.format === 'date-time' ? 'time (RFC 3339)' : field.type
}

function defaultText(field: StructuralSchema, required: boolean): string {
  if (required) return 'required'
  if (field.default === undefined) return ''
  if (field.type === 'object') return 'its own defaults'
  return `\`${typeof field.default === 'string' ? field.default : JSON.stringify(field.default)}\``
}

function allowed(field: StructuralSchema): string[] {
  const ofItems = field.items === undefined || field.items.properties ? [] : allowed(field.items)
  return [
    ...(field.enum === undefined ? [] : [field.enum.map((word) => `\`${word}\``).join(', ')]),
    ...range('', field.minimum, field.maximum),
    ...range('entries', field.minItems, field.maxItems),
    ...range('characters', field.minLength, field.maxLength),
    ...(field.properties === undefined ? ruleTexts(field) : []),
    ...ofItems.map((text) => `each: ${text}`),
  ]
}

function range(unit: string, least?: number, most?: number): string[] {
  if (least === undefined && most === undefined) return []
  const bounds = least === undefined ? `at most ${most}` : lowerBound(least, most)
  return [`${bounds} ${unit}`.trim()]
}

function lowerBound(least: number, most: number | undefined): string {
  if (most === undefined) return `at least ${least}`
  return least === most ? `exactly ${least}` : `${least} to ${most}`
}

function ruleTexts(node: StructuralSchema): string[] {
  return (node['x-kubernetes-validations'] ?? []).map(({ message, fieldPath }) =>
    fieldPath === undefined ? message : `\`${fieldPath.slice(1)}\` ${message}`,
  )
}

/** A table of words and their meanings. */
export function wordTable(head: string, words: Readonly<Record<string, string>>): string {
  return table(
    [head, 'meaning'],
    Object.entries(words).map(([word, meaning]) => [`\`${word}\``, meaning]),
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
