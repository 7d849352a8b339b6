import type { Reporting } from '../../ports.ts'
import type { Span } from './client.ts'

/** What is counted. */
export type Measure = 'Requests' | 'Latencies'

/** Whose counters of what. */
export interface Topic {
  readonly measure: Measure
  readonly reporter: Reporting
  /** Absent: all samples. */
  readonly stepMs?: number
}

/** What is to be read of a service. */
export interface Read extends Span {
  readonly service: string
  /** Size of the answer, as far as one can tell, in bytes. */
  readonly bytes: number
}

/** Reads that one query makes. */
export interface Part extends Span {
  readonly reads: readonly Read[]
}

/** An answer is to be no larger, as far as one can tell, in bytes: while it is read, nothing else goes on. */
const LARGEST_PART = 3 * 1024 * 1024
/** Longest text of services in a query: VictoriaMetrics takes no query of more than 16 KB. */
const LONGEST_MATCHER = 12_000
/** Spans up to these (milliseconds) share a query, so that a long one makes no short one long. */
const SPANS_MS = [120_000, 1_200_000, 7_200_000, 86_400_000, 604_800_000, Infinity]
/** So far from each other (milliseconds) may the ends of spans be that share a query. */
const LARGEST_DISTANCE_MS = 60_000

/**
 * Queries that read all of it: as few as possible, none too large.
 * @param most services in a query
 */
export function partsOf(reads: readonly Read[], most: number): Part[] {
  const sorted = reads.toSorted((a, b) => spanClass(a) - spanClass(b) || a.toMs - b.toMs)
  const groups: Group[] = []
  for (const read of sorted) {
    const group = groups.at(-1)
    if (group && isAlike(group.first, read) && fits(group, read, most)) add(group, read)
    else groups.push({ first: read, reads: [read], bytes: read.bytes, matcher: matcherLength(read) })
  }
  return groups.map((group) => partOf(group.reads))
}

/** Reads of a query to be. */
interface Group {
  readonly first: Read
  readonly reads: Read[]
  bytes: number
  /** Length of the text of its services. */
  matcher: number
}

function isAlike(first: Read, read: Read): boolean {
  return spanClass(first) === spanClass(read) && read.toMs - first.toMs <= LARGEST_DISTANCE_MS
}

function fits({ reads, bytes, matcher }: Group, read: Read, most: number): boolean {
  return (
    reads.length < most &&
    bytes + read.bytes <= LARGEST_PART &&
    matcher + matcherLength(read) <= LONGEST_MATCHER
  )
}

function add(group: Group, read: Read): void {
  group.reads.push(read)
  group.bytes += read.bytes
  group.matcher += matcherLength(read)
}

/** One query for all of these. */
export function partOf(reads: readonly Read[]): Part {
  return {
    reads,
    fromMs: Math.min(...reads.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...reads.map(({ toMs }) => toMs)),
  }
}

function spanClass({ fromMs, toMs }: Span): number {
  return SPANS_MS.findIndex((limit) => toMs - fromMs <= limit)
}

function matcherLength({ service }: Read): number {
  return quoted(literal(service)).length
}

const METRICS: Readonly<Record<Measure, string>> = {
  Requests: '__name__="istio_requests_total"',
  // Classic, and native.
  Latencies: '__name__=~"istio_request_duration_milliseconds_bucket|istio_request_duration_milliseconds"',
}

/**
 * Istio's flags for requests that met an injected fault: aborted, or delayed. Whoever set it on a managed route, it is not
 * the version's doing, so nothing of it is read. A proxy that tells no flags matches as well.
 */
const UNFAULTED = 'response_flags!~"(.*,)?(FI|DI)(,.*)?"'

/** The counters of some services, without requests that met an injected fault. */
export function selectorOf({ measure, reporter }: Topic, services: readonly string[]): string {
  const [only = ''] = services
  const matcher = services.length === 1 ? `=${quoted(only)}` : `=~${quoted(services.map(literal).join('|'))}`
  return `{${METRICS[measure]},reporter="${reporter.toLowerCase()}",${UNFAULTED},destination_service${matcher}}`
}

/** A PromQL string: quotes, backslashes and line ends are escaped as in Go. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

/** A regular expression of this very text. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}
