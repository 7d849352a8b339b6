import type { AbortFault, DelayFault, FaultRecord, FaultRelease, Meets } from './record.ts'

/**
 * Is it a record as ours are, of which routes can be rendered that the API server takes? Strangers may write the annotation,
 * too, and whoever moves weights renders the faults anew: a route that is refused would keep weights from being lowered.
 */
export function isFaultRecord(value: unknown): value is FaultRecord {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Partial<FaultRecord>
  const { id, name, owner, reason, host, injectedAt, expiresAt } = record
  return (
    areTexts([name, owner, reason, host, injectedAt, expiresAt]) &&
    isId(id) &&
    isMeets(record.meets) &&
    areRoutes(record.routes) &&
    (record.release === undefined || isRelease(record.release)) &&
    doesSomething(record)
  )
}

/** Part of the names of routes, by which they are found again. */
function isId(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z0-9]{1,40}$/.test(value)
}

function areRoutes(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && areTexts(value))
}

function isRelease(value: unknown): boolean {
  const { uid, id, seq } = (value ?? {}) as Partial<FaultRelease>
  return areTexts([uid, id]) && Number.isSafeInteger(seq)
}

function isMeets(value: unknown): boolean {
  const meets = (value ?? {}) as Partial<Meets>
  switch (meets.kind) {
    case 'Callers':
      return areTexts([meets.namespace]) && areLabels(meets.labels)
    case 'Header':
      return areTexts([meets.name, meets.value, meets.subset])
    case 'Everybody':
      return true
    case undefined:
    default:
      return false
  }
}

/** Without labels it would be all callers of the namespace. */
function areLabels(value: unknown): boolean {
  const texts: unknown[] = typeof value === 'object' && value !== null ? Object.values(value) : []
  return texts.length > 0 && areTexts(texts)
}

function doesSomething({ abort, delay }: Partial<FaultRecord>): boolean {
  const isRight = (abort === undefined || isAbort(abort)) && (delay === undefined || isDelay(delay))
  return isRight && (abort ?? delay) !== undefined
}

function isAbort(value: unknown): boolean {
  const { percent, httpStatus, grpcStatus } = (value ?? {}) as Partial<AbortFault>
  if (!isPercent(percent) || (httpStatus === undefined) === (grpcStatus === undefined)) return false
  return httpStatus === undefined ? areTexts([grpcStatus]) : isBetween(httpStatus, 200, 599)
}

function isDelay(value: unknown): boolean {
  const { percent, delayMs } = (value ?? {}) as Partial<DelayFault>
  return isPercent(percent) && isBetween(delayMs, 1, Number.MAX_SAFE_INTEGER)
}

function isPercent(value: unknown): boolean {
  return isBetween(value, Number.MIN_VALUE, 100)
}

function isBetween(value: unknown, from: number, to: number): boolean {
  return typeof value === 'number' && value >= from && value <= to
}

function areTexts(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string')
}
