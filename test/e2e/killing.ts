import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'
import type { SandboxEnv } from '../../sandbox/env.ts'
import type { Chance } from '../../sandbox/kit/chance.ts'
import { outageOf, partOf } from '../../sandbox/kit/parts.ts'
import type { Mortal, MortalSluice } from '../../sandbox/kit/parts.ts'
import { recordThrough, skippedGenerations } from '../../sandbox/kit/recorder.ts'
import type { ObjectRecord } from '../../sandbox/kit/recorder.ts'
import type { MeshObjects } from '../../sandbox/kit/route.ts'
import { hasWeight } from '../../sandbox/kit/shop.ts'
import type { Shop, ShownRollout } from '../../sandbox/kit/shop.ts'
import { eventually } from '../../sandbox/kit/sluice.ts'
import { countOutcomes } from '../../sandbox/load/index.ts'
import type { LoadReport } from '../../sandbox/load/index.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { weightsOver } from '../integration/recording.ts'
import { closeShop, meshOf } from './harness.ts'
import type { OpenShop } from './harness.ts'

/** A kill that is planned. */
export interface Kill {
  readonly victim: string
  /** From its death until it is started again. */
  readonly awayMs: number
}

/** Time (milliseconds) that a machine at ease needs to start a victim, until both releases are watched again. */
const RECOVERY_MS = 5_000

/** One kill of each victim, in an order of chance, each for 5 to 10 s. */
export function killsOfAll(chance: Chance, victims: readonly string[]): Kill[] {
  return chance.shuffled(victims).map((victim) => ({ victim, awayMs: chance.integer(5_000, 10_000) }))
}

/** How long a step must be held so that these kills happen in it: whole seconds, as a spec has them. */
export function holdFor(kills: readonly Kill[]): string {
  const ms = kills.reduce((sum, { awayMs }) => sum + awayMs + RECOVERY_MS, 0)
  return `${Math.ceil(ms / 1000)}s`
}

/** All that a release needs, each of which can be killed by its name. */
export function victimsOf(env: SandboxEnv, sluice: readonly Mortal[]): ReadonlyMap<string, Mortal> {
  const names = ['temporal', 'istiod', 'gateway', 'prometheus', 'kube-apiserver'] as const
  const parts = names.map((name) => partOf(env, name))
  return new Map([...sluice, ...parts].map((mortal) => [mortal.name, mortal]))
}

/** What was seen of a release from its beginning to its end. */
export interface Course {
  readonly shop: string
  readonly before: MeshObjects
  readonly after: MeshObjects
  /** Percent that the route gave to v2, one after the other. */
  readonly weights: readonly number[]
  /** Generations of the VirtualService that nobody saw. */
  readonly skipped: readonly number[]
  /** Each start of a step that the status told; milliseconds since the epoch. */
  readonly stepStarts: readonly { readonly step: string; readonly at: number }[]
  /** Reasons of its events. */
  readonly events: readonly string[]
  readonly finalizers: readonly string[]
  /** Failed requests, other than the app's own errors, and those that found no gateway while it was away. */
  readonly ownErrors: readonly string[]
}

/** A release under observation while things die. */
export class Patient {
  readonly #open: OpenShop
  readonly #worker: MortalSluice
  readonly #routes: ObjectRecord<VirtualService>
  readonly #rollouts: ObjectRecord<ShownRollout>
  #before: MeshObjects | undefined
  #excused = 0

  constructor(open: OpenShop, worker: MortalSluice) {
    this.#open = open
    this.#worker = worker
    this.#routes = recordThrough<VirtualService>(open.shop, 'virtualservices')
    this.#rollouts = recordThrough<ShownRollout>(open.shop, 'rollouts')
  }

  get shop(): Shop {
    return this.#open.shop
  }

  /** Notes how the mesh is before the release. */
  async begin(): Promise<void> {
    this.#before = await meshOf(this.shop)
  }

  async hasWeight(weight: number): Promise<void> {
    await this.shop.status(`v2 at ${weight} %`, (status) => hasWeight(status, weight))
  }

  /** Number of the step under way, from 1; undefined outside of steps. */
  async step(): Promise<number | undefined> {
    const { step } = (await this.shop.rollout())?.status ?? {}
    return step === undefined ? undefined : Number.parseInt(step)
  }

  /** Seconds without anybody watching that the worker has told of since it was started. */
  async unwatched(): Promise<number> {
    return this.#metric('sluice_unwatched_seconds')
  }

  /** Waits for a look that Prometheus answered, or for the end of the steps. */
  async watchedAgain(): Promise<void> {
    const before = await this.#looks()
    await eventually(`${this.shop.namespace} is watched again`, async () => {
      return (await this.#looks()) > before || (await this.step()) === undefined
    })
  }

  /** While the gateway is away, requests find nobody there: that is not Sluice's making. */
  async excusing(work: () => Promise<void>): Promise<void> {
    const before = clientErrors(await this.#open.load.snapshot())
    await work()
    this.#excused += clientErrors(await this.#open.load.snapshot()) - before
  }

  /** Ends the observation and the shop, when the records show the end of the release. */
  async end(): Promise<Course> {
    const { shop } = this
    await eventually(`the end of ${shop.namespace} is recorded`, async () => {
      return this.#rollouts.versions.at(-1)?.status?.release?.phase === 'Done'
    })
    for (const record of [this.#routes, this.#rollouts]) record.stop()
    const after = await meshOf(shop)
    const course = {
      shop: shop.namespace,
      before: this.#before ?? after,
      after,
      weights: weightsOver(shop, this.#routes.versions, 'v2'),
      skipped: skippedGenerations(this.#routes.versions),
      stepStarts: stepStartsIn(this.#rollouts.versions),
      events: (await shop.events()).map(({ reason }) => reason),
      finalizers: (await shop.rollout())?.metadata?.finalizers ?? [],
      ownErrors: ownErrorsIn(await this.#open.load.snapshot(), this.#excused),
    }
    await closeShop(this.#open)
    return course
  }

  async #looks(): Promise<number> {
    return this.#metric('sluice_verdicts_total', (labels) => !labels.includes('verdict="ProviderError"'))
  }

  async #metric(name: string, counts = (_labels: string): boolean => true): Promise<number> {
    const { data } = await axios.get<string>(`${this.#worker.url}/metrics`)
    const mine = `namespace="${this.shop.namespace}"`
    const lines = data.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(mine))
    return lines
      .filter(counts)
      .map((line) => Number(line.slice(line.lastIndexOf(' '))))
      .reduce((sum, value) => sum + value, 0)
  }
}

/** Errors of the client itself: what Envoy answers, such as 503 for a subset without pods, is never among them. */
function clientErrors(report: LoadReport): number {
  return countOutcomes(report, ({ origin }) => origin === 'client')
}

function ownErrorsIn(report: LoadReport, excused: number): string[] {
  const answered = report.foreign.filter(({ origin }) => origin !== 'client')
  const lines = answered.map(
    ({ count, status, first }) => `${count} x ${status}, first ${first.at}: ${first.body}`,
  )
  const refused = clientErrors(report) - excused
  return refused === 0 ? lines : [...lines, `${refused} requests found no gateway while there was one`]
}

function stepStartsIn(versions: readonly ShownRollout[]): { step: string; at: number }[] {
  const told = versions.flatMap(({ status }) => startIn(status) ?? [])
  const starts = new Map(told.map((start) => [`${start.step} ${start.at}`, start]))
  return [...starts.values()]
}

function startIn({ step, release }: RolloutStatus = {}): { step: string; at: number } | undefined {
  if (step === undefined || release?.stepStartedAt === undefined) return undefined
  return { step, at: Date.parse(release.stepStartedAt) }
}

/** What a kill has brought. */
export interface Death extends Kill {
  /** From its start until it was healthy and the releases were watched again. */
  readonly backMs: number
  /** Seconds without a watch that were told of meanwhile, a release each. */
  readonly unwatched: readonly number[]
}

/** Kills, waits, brings back, and waits until the releases are watched again. */
export async function die(mortal: Mortal, awayMs: number, patients: readonly Patient[]): Promise<Death> {
  const start = Date.now()
  const told = async () => Promise.all(patients.map(async (patient) => patient.unwatched()))
  // A worker that dies takes its counters along.
  const before = mortal.name === 'worker' ? [] : await told()
  const away = async () => {
    const outage = await outageOf(mortal)
    await sleep(awayMs)
    await outage.end()
  }
  await (mortal.name === 'gateway' ? excusing(patients, away) : away())
  await Promise.all(patients.map(async (patient) => patient.watchedAgain()))
  const backMs = Date.now() - start - awayMs
  const unwatched = (await told()).map((seconds, index) => seconds - (before[index] ?? 0))
  return { victim: mortal.name, awayMs, backMs, unwatched }
}

async function excusing([first, ...rest]: readonly Patient[], work: () => Promise<void>): Promise<void> {
  if (first === undefined) return work()
  return first.excusing(async () => excusing(rest, work))
}
