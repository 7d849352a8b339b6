import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { Command } from '@commander-js/extra-typings'
import type { Cluster, ClusterOptions, Shell } from '../../src/cli/shell.ts'
import type { MetricsSource } from '../../src/ports.ts'
import type {
  FoundRollout,
  KeptRelease,
  ObjectReader,
  RolloutSight,
  RolloutViewer,
} from '../../src/ports-views.ts'
import type { FakeCluster } from '../fakes/cluster.ts'
import { NOW } from './fixtures.ts'

/** A cluster in memory, and a terminal whose output is kept. */
export class World {
  readonly written: string[] = []
  readonly notes: string[] = []
  readonly opened: ClusterOptions[] = []
  readonly asked: (string | undefined)[] = []
  readonly interruption = new AbortController()
  exitCode: number | undefined
  /** What the standard input gives. */
  stdin = ''
  /** What somebody answers to each question; absent: there is nobody. */
  answer: boolean | undefined
  readonly questions: string[] = []
  /** How much later than {@link NOW} it is (milliseconds): time goes on while commands sleep. */
  passedMs = 0
  /** Called after each sleep. */
  onWake: () => void | Promise<void> = () => undefined
  /** The objects of the cluster; absent: nobody may read any. */
  reader: ObjectReader | undefined
  /** Istio's objects that may be written; absent: nobody may write any. */
  cluster: FakeCluster | undefined
  /** What Prometheus has; absent: nobody may ask it. */
  metrics: MetricsSource | undefined
  /** The URLs at which it was asked for. */
  readonly urls: (string | undefined)[] = []
  /** What Temporal keeps, newest first, and the addresses at which it was asked for. */
  kept: readonly KeptRelease[] = []
  readonly addresses: (string | undefined)[] = []
  isArchiveClosed = false
  rollouts: readonly FoundRollout[]
  #listener: ((sight: RolloutSight) => void) | undefined
  readonly #following = new PassThrough()
  readonly #output: NodeJS.WriteStream

  /** @param terminal size of the terminal; absent: output goes elsewhere */
  constructor(rollouts: readonly FoundRollout[], terminal?: { columns: number; rows: number }) {
    this.rollouts = rollouts
    const stream = new PassThrough().setEncoding('utf8')
    stream.on('data', (text: string) => this.written.push(text))
    this.#output = Object.assign(
      stream,
      terminal && { isTTY: true, ...terminal },
    ) as unknown as NodeJS.WriteStream
  }

  get text(): string {
    return this.written.join('')
  }

  /** Shows the watching command something new; waits until it watches. */
  async show(sight: RolloutSight): Promise<void> {
    if (this.#listener === undefined) await once(this.#following, 'watched')
    this.#listener?.(sight)
  }

  /** Runs a command of the command line; throws what it throws. */
  async run(add: (program: Command, shell: Shell) => void, args: readonly string[]): Promise<void> {
    const program = new Command('sluice').exitOverride().configureOutput({ writeErr: () => undefined })
    add(program, this.#shell())
    await program.parseAsync(args, { from: 'user' })
  }

  #shell(): Shell {
    return {
      open: async (options) => this.#open(options),
      metrics: async (url) => {
        this.urls.push(url)
        if (this.metrics === undefined) throw new Error('nobody may ask Prometheus')
        return { url: url ?? 'http://prometheus', source: this.metrics }
      },
      archive: async (address) => {
        this.addresses.push(address)
        const { kept } = this
        return {
          releases: async function* () {
            yield* kept
          },
          close: async () => void (this.isArchiveClosed = true),
        }
      },
      input: async () => this.stdin,
      output: this.#output,
      color: false,
      note: (line) => void this.notes.push(line),
      confirm: async (question) => {
        this.questions.push(question)
        return this.answer
      },
      now: () => NOW + this.passedMs,
      sleep: async (ms) => {
        this.passedMs += ms
        await this.onWake()
      },
      interruption: () => this.interruption.signal,
      exit: (code) => {
        this.exitCode = code
      },
    }
  }

  async #open(options: ClusterOptions): Promise<Cluster> {
    this.opened.push(options)
    const nobody = async () => Promise.reject(new Error('nobody may read'))
    const reader = this.reader ?? { read: nobody, list: nobody, pods: nobody }
    return {
      namespace: options.namespace ?? 'shop',
      viewer: this.#viewer(),
      reader,
      mesh: this.cluster?.ports.mesh ?? { read: nobody, write: nobody },
      making: this.cluster?.making ?? { create: nobody, remove: nobody, rehearse: nobody },
      self: async () => 'jane',
    }
  }

  #viewer(): RolloutViewer {
    return {
      list: async (namespace) => {
        this.asked.push(namespace)
        return this.rollouts.filter(({ meta }) => namespace === undefined || meta.namespace === namespace)
      },
      follow: async (_rollout, listener, signal) => {
        this.#listener = listener
        this.#following.emit('watched')
        if (!signal.aborted) await once(signal, 'abort')
      },
    }
  }
}
