import { readFileSync } from 'node:fs'
import { ENDING_REASONS, FINDING_REASONS, REASONS } from '../../src/api/v1alpha1/conditions.ts'
import { rolloutSpec } from '../../src/api/v1alpha1/spec.ts'
import { rolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { structuralSchema } from './structural.ts'
import type { StructuralSchema } from './structural.ts'

const HEADER = '<!-- Generated from src/api by "npm run generate"; do not edit. -->'

const CONDITIONS = `\`Ready\`, \`Reconciling\` and \`Stalled\` as kstatus reads them, so \`kubectl wait\` and Flux understand them, and Argo CD by its health check in \`deploy/argocd\`:

- stable is \`Ready\`;
- releasing, waiting, paused, and an unreachable Temporal or Prometheus are \`Reconciling\`;
- rolled back, refused and invalid are \`Stalled\`: somebody has to change something.`

/** The reference page of Rollouts, as Markdown. */
export function rolloutReference(): string {
  return [
    HEADER,
    '# Rollout',
    'API `sluice.dev/v1alpha1`, short name `slr`, category `sluice`, namespaced. Its name has at most 63 characters.',
    '## Example',
    'With every field; those that have a default may be left out.',
    `\`\`\`yaml\n${example()}\`\`\``,
    ...sections(structuralSchema(rolloutSpec, 'spec'), 'spec', 2),
    ...sections(structuralSchema(rolloutStatus, 'status'), 'status', 2),
    '## Conditions',
    CONDITIONS,
    '### Reasons of conditions',
    wordTable('reason', REASONS),
    '### Reasons for which a release ends early',
    wordTable('reason', ENDING_REASONS),
    '### What preflight may find',
    'Nothing is touched; the release starts by itself when all is in order.',
    wordTable('finding', FINDING_REASONS),
  ]
    .join('\n\n')
    .concat('\n')
}

function example(): string {
  return readFileSync(new URL('example.yaml', import.meta.url), 'utf8')
}

// An object's own fields first, then the objects inside it.
function sections(node: StructuralSchema, path: string, depth: number): string[] {
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

function wordTable(head: string, words: Readonly<Record<string, string>>): string {
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
