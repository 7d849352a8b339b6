import type { Client } from '@temporalio/client'
import { format } from 'prettier'

/** The events of a workflow execution. */
export type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>

/** Fields that tell of the machine and the moment of recording; no replay needs them. */
const LEFT_OUT = new Set([
  'identity',
  'stackTrace',
  'requestId',
  'workerVersion',
  'binaryChecksum',
  'prevAutoResetPoints',
])
const [JSON_PLAIN, NULL] = ['json/plain', 'binary/null']
const text = new TextDecoder()
const bytes = new TextEncoder()

/**
 * A history as a file: JSON, with readable payloads, without what tells of the machine. Not the JSON of Temporal's
 * own tools, whose reader asks for one copy of protobufjs in all of the SDK. Throws for a payload that is not JSON.
 */
export async function toFile(history: History): Promise<string> {
  const events = (history.events ?? []).map(withoutInput)
  return format(JSON.stringify(plain({ events })), { parser: 'json', printWidth: 110 })
}

/** Inverse of {@link toFile}, as far as replay needs it. */
export function fromFile(file: string): History {
  return unpacked(JSON.parse(file)) as History
}

type Event = NonNullable<History['events']>[number]

/** Every action is given the whole state; a replay compares the names of actions, not what they are given. */
function withoutInput(event: Event): Event {
  const { activityTaskScheduledEventAttributes: scheduled } = event
  if (!scheduled) return event
  return { ...event, activityTaskScheduledEventAttributes: { ...scheduled, input: null } }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  // Workers name queues of their own after their process and host.
  if (typeof value === 'string') return value.replaceAll(/\d+@[\w.-]+/g, 'worker')
  if (typeof value !== 'object' || value === null) return value
  if (isLong(value)) return value.toNumber()
  if (value instanceof Uint8Array) throw new Error('bytes are only expected in payloads')
  if (isPayload(value)) return packed(value)
  const kept = Object.entries(value).filter(([name, inner]) => isKept(name, inner))
  return Object.fromEntries(kept.map(([name, inner]) => [name, plain(inner)]))
}

function isKept(name: string, value: unknown): boolean {
  return !LEFT_OUT.has(name) && value !== null && !(Array.isArray(value) && value.length === 0)
}

interface Payload {
  readonly metadata: { readonly encoding: Uint8Array }
  readonly data?: Uint8Array
}

function packed({ metadata, data }: Payload): { payload: unknown } {
  const encoding = text.decode(metadata.encoding)
  if (encoding === NULL) return { payload: null }
  if (encoding !== JSON_PLAIN) throw new Error(`a payload is encoded as ${encoding}, not as JSON`)
  return { payload: JSON.parse(text.decode(data)) as unknown }
}

function unpacked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpacked)
  if (typeof value !== 'object' || value === null) return value
  if ('payload' in value) return payloadOf(value.payload)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unpacked(inner)]))
}

function payloadOf(value: unknown): Payload {
  if (value === null) return { metadata: { encoding: bytes.encode(NULL) } }
  return { metadata: { encoding: bytes.encode(JSON_PLAIN) }, data: bytes.encode(JSON.stringify(value)) }
}

function isPayload(value: object): value is Payload {
  const { metadata } = value as { metadata?: { encoding?: unknown } | null }
  return metadata?.encoding instanceof Uint8Array
}

function isLong(value: object): value is { toNumber(): number } {
  return 'low' in value && 'high' in value && 'toNumber' in value
}
