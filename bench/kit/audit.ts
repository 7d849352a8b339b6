import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

/** A request that the API server has answered, or a watch that it has begun. */
export interface ApiRequest {
  readonly user: string
  readonly verb: string
  /** With its subresource: `rollouts/status`. */
  readonly resource: string
  readonly namespace: string
  /** It was asked what would become of it, and nothing was written. */
  readonly isDryRun: boolean
  /** HTTP status. */
  readonly code: number
  /** Milliseconds since the epoch, to the microsecond. */
  readonly answeredAt: number
}

/** A place in the audit log. */
export interface AuditMark {
  readonly inode: number
  readonly offset: number
}

interface Line {
  readonly stage?: string
  readonly verb?: string
  readonly user?: { readonly username?: string }
  readonly objectRef?: {
    readonly resource?: string
    readonly subresource?: string
    readonly namespace?: string
  }
  readonly requestURI?: string
  readonly responseStatus?: { readonly code?: number }
  readonly stageTimestamp?: string
}

/** The API server's audit log, which begins a new file now and then. */
export class AuditLog {
  readonly #path: string

  /** @param path of the file that is being written */
  constructor(path: string) {
    this.#path = path
  }

  /** The end of what is written now. */
  mark(): AuditMark {
    const { ino, size } = statSync(this.#path)
    return { inode: ino, offset: size }
  }

  /** Requests that were answered after a mark. Throws when the file of the mark is gone. */
  since({ inode, offset }: AuditMark): ApiRequest[] {
    const files = this.#files()
    const first = files.findIndex((file) => file.inode === inode)
    if (first < 0)
      throw new Error(`the audit log ${this.#path} no longer reaches back to where counting began`)
    const [begun, ...later] = files.slice(first).map(({ path }) => readFileSync(path))
    const parts = [begun?.subarray(offset) ?? Buffer.alloc(0), ...later]
    return parts.flatMap((part) => parseAudit(part.toString('utf8')))
  }

  /** All files of the log, oldest first. */
  #files(): { path: string; inode: number; changedAt: number }[] {
    const folder = dirname(this.#path)
    const suffix = extname(this.#path)
    const prefix = basename(this.#path, suffix)
    return readdirSync(folder)
      .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
      .map((name) => join(folder, name))
      .map((path) => ({ path, stat: statSync(path) }))
      .map(({ path, stat }) => ({ path, inode: stat.ino, changedAt: stat.mtimeMs }))
      .toSorted((a, b) => a.changedAt - b.changedAt)
  }
}

/** Requests in the text of an audit log, each once; a last line that is not complete yet is left out. */
export function parseAudit(text: string): ApiRequest[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
    .filter(({ verb, stage }) => stage === (verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete'))
    .map(requestOf)
}

function requestOf({ verb = '', user, objectRef, responseStatus, ...line }: Line): ApiRequest {
  return {
    user: user?.username ?? '',
    verb,
    resource: resourceOf(objectRef) ?? line.requestURI ?? '',
    namespace: objectRef?.namespace ?? '',
    isDryRun: isDryRun(line),
    code: responseStatus?.code ?? 0,
    answeredAt: exactMs(line.stageTimestamp),
  }
}

function isDryRun({ requestURI = '' }: Line): boolean {
  return /[?&]dryRun=/.test(requestURI)
}

function resourceOf({ resource, subresource }: NonNullable<Line['objectRef']> = {}): string | undefined {
  return subresource === undefined ? resource : `${resource}/${subresource}`
}

/** JavaScript reads milliseconds; the API server writes microseconds. */
function exactMs(time = ''): number {
  const micros = /\.\d{3}(\d{1,3})Z$/.exec(time)?.[1] ?? ''
  return Date.parse(time) + Number(micros.padEnd(3, '0')) / 1000
}
