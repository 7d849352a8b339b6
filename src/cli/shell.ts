import type { MeshAccess, MeshMaking, MetricsSource } from '../ports.ts'
import type { ObjectReader, ReleaseArchive, RolloutViewer } from '../ports-views.ts'

/** Which cluster and namespace a command is about; what is absent, the kubeconfig tells. */
export interface ClusterOptions {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly namespace?: string | undefined
}

/** A cluster, and the namespace that a command is about. */
export interface Cluster {
  readonly namespace: string
  readonly viewer: RolloutViewer
  readonly reader: ObjectReader
  /** Istio's objects, one at a time. */
  readonly mesh: MeshAccess
  readonly making: MeshMaking
  /** The name by which the cluster knows who types. */
  self(): Promise<string>
}

/** Prometheus, and where it is. */
export interface Metrics {
  readonly url: string
  readonly source: MetricsSource
}

/** What Temporal keeps of releases, until it is closed. */
export interface OpenArchive extends ReleaseArchive {
  close(): Promise<void>
}

/** What commands need of the world around them. */
export interface Shell {
  /** Throws an Error when the kubeconfig is of no use. */
  open(options: ClusterOptions): Promise<Cluster>
  /**
   * Prometheus at a URL; undefined: the one that the controller would use. Nothing is asked of it yet. Throws an Error when
   * the URL, or what the environment says of it, is of no use.
   */
  metrics(url: string | undefined): Promise<Metrics>
  /**
   * What Temporal at an address keeps; undefined: the one that the controller would use. Nothing is asked of it yet. Throws
   * an Error when the address, or what the environment says of it, is of no use.
   */
  archive(address: string | undefined): Promise<OpenArchive>
  /** All that is written to the standard input. */
  input(): Promise<string>
  /** Where results go. */
  readonly output: NodeJS.WriteStream
  /** Colours are wanted, and the terminal shows them. */
  readonly color: boolean
  /** Says something beside the results. */
  note(line: string): void
  /** What somebody at the terminal answers, no unless it is yes; undefined where nobody can be asked. */
  confirm(question: string): Promise<boolean | undefined>
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after a time (milliseconds), and at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** From now on a signal such as that of Ctrl-C ends nothing by itself, but aborts what is returned. */
  interruption(): AbortSignal
  /** Sets the exit code of the process. */
  exit(code: number): void
}

const FALLBACK_COLUMNS = 80

/** Columns of the terminal; undefined where the output is no terminal. */
export function columnsOf({ isTTY, columns }: NodeJS.WriteStream): number | undefined {
  if (!isTTY) return undefined
  // Some terminals tell 0 until they know better.
  return columns > 0 ? columns : FALLBACK_COLUMNS
}
