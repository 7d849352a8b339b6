import { z } from 'zod'
import type { CelRule } from '../../src/api/v1alpha1/checks.ts'

/** A node of a structural schema: what Kubernetes takes of OpenAPI, with its own `x-kubernetes-*` keys. */
export interface StructuralSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly default?: unknown
  readonly format?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly items?: StructuralSchema
  readonly required?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly CelRule[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

// The order in which keys stand in the generated file.
const KEYS: readonly (keyof StructuralSchema)[] = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
  'properties',
  'items',
]

// Keys that say nothing to Kubernetes, or that it refuses: it prunes unknown fields by itself, and a format brings its own pattern.
const DROPPED: ReadonlySet<string> = new Set(['$schema', 'additionalProperties', 'pattern'])

/**
 * The structural schema of what users may write for a zod schema: defaulted fields are optional.
 * Throws an Error that names the place where the schema uses what Kubernetes does not take, or leaves a string or list unbounded.
 */
export function structuralSchema(schema: z.ZodType, path: string): StructuralSchema {
  return structural(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }), path)
}

type Raw = Readonly<Record<string, unknown>>

function structural(raw: Raw, path: string): StructuralSchema {
  refuseUnknownKeys(raw, path)
  refuseUnbounded(raw, path)
  const node: Raw = { ...raw, ...integerFormat(raw), ...children(raw, path) }
  const entries = KEYS.filter((key) => node[key] !== undefined).map((key) => [key, node[key]])
  return Object.fromEntries(entries) as StructuralSchema
}

function refuseUnknownKeys(raw: Raw, path: string): void {
  for (const key of Object.keys(raw)) {
    if (DROPPED.has(key) || (KEYS as readonly string[]).includes(key)) continue
    throw new Error(`${path}: the CRD generator does not know what to do with "${key}"`)
  }
  if (raw['pattern'] !== undefined && raw['format'] === undefined) {
    throw new Error(`${path}: use a check with words instead of a pattern, whose error nobody can read`)
  }
  if (raw['type'] === 'object' && raw['additionalProperties'] !== false) {
    throw new Error(
      `${path}: use z.strictObject, so that parsing refuses unknown fields as strict kubectl does`,
    )
  }
}

function refuseUnbounded(raw: Raw, path: string): void {
  const bounded = raw['maxLength'] ?? raw['enum'] ?? raw['format']
  if (raw['type'] === 'string' && bounded === undefined) throw new Error(`${path}: needs a longest length`)
  if (raw['type'] !== 'array') return
  if (raw['maxItems'] === undefined) throw new Error(`${path}: needs a greatest number of entries`)
  if (raw['x-kubernetes-list-type'] === undefined) throw new Error(`${path}: needs a list type`)
}

// zod bounds whole numbers by what JavaScript can count; Kubernetes has formats for that.
function integerFormat(raw: Raw): Raw {
  if (raw['type'] !== 'integer') return {}
  const keep = (bound: unknown) => (Number.isSafeInteger(bound) && !isJsBound(bound) ? bound : undefined)
  const maximum = keep(raw['maximum'])
  return {
    minimum: keep(raw['minimum']),
    maximum,
    format: typeof maximum === 'number' && maximum < 2 ** 31 ? 'int32' : 'int64',
  }
}

function isJsBound(bound: unknown): boolean {
  return bound === Number.MAX_SAFE_INTEGER || bound === Number.MIN_SAFE_INTEGER
}

function children(raw: Raw, path: string): Raw {
  const { properties, items } = raw as { properties?: Record<string, Raw>; items?: Raw }
  return {
    ...(items && { items: structural(items, `${path}[]`) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [key, structural(value, `${path}.${key}`)]),
      ),
    }),
  }
}
