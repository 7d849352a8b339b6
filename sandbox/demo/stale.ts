import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { projectRoot } from '../env.ts'
import type { SandboxEnv } from '../env.ts'
import type { Shop } from '../kit/shop.ts'
import { eventually } from '../kit/sluice.ts'
import { applyObjects, demoService, demoVirtualService } from '../manifests/index.ts'
import { differences } from './differences.ts'

/** A case that is no release. */
export const STALE_CASE = {
  id: 'g',
  title: 'a fault that somebody put into a route by hand, and forgot',
} as const

/** How often the mesh is swept in the demo. */
export const SWEEP_INTERVAL = '10s'

/** A service that nobody calls just now, so that nobody is hurt. */
const SERVICE = 'details'
const FAULT = { delay: { percentage: { value: 50 }, fixedDelay: '7s' } }
/** Sweeps must have told of it by then (milliseconds). */
const TOLD_WITHIN_MS = 60_000

/** What came of the case. */
export interface StaleReport {
  /** The line of `sluice faults` about it, without its columns' spaces. */
  readonly listed: string
  /** What people are told of it by an event. */
  readonly told: string
  readonly seconds: number
  /** What is not as expected, one line each. */
  readonly problems: readonly string[]
}

/** Puts a fault into a route as people do, and looks whether it is found, shown and taken out with nothing else. */
export async function playStale(env: SandboxEnv, shop: Shop): Promise<StaleReport> {
  const startedAt = Date.now()
  const details = shop.beside(SERVICE)
  const { namespace } = shop
  await applyObjects(shop.config, [
    demoService({ name: SERVICE, namespace }),
    demoVirtualService({ name: SERVICE, namespace, weights: { v1: 100 } }),
  ])
  const before = await details.virtualService()
  await forget(details)
  const told = await eventually('the sweep tells of the fault', async () => toldOf(details), TOLD_WITHIN_MS)
  const listed = lineOf(await faults(env), SERVICE)
  await faults(env, 'clear', `${namespace}/${SERVICE}`, '--yes')
  const after = await details.virtualService()
  return {
    listed,
    told,
    seconds: (Date.now() - startedAt) / 1000,
    problems: differences([
      { what: 'sluice faults', expected: DOES, seen: listed.includes(DOES) ? DOES : listed },
      {
        what: 'routes after sluice faults clear',
        expected: JSON.stringify(before.spec),
        seen: JSON.stringify(after.spec),
      },
    ]),
  }
}

/** What the fault does, as it is shown. */
const DOES = 'delay 50 % by 7s'

/** Somebody edits the route, and goes home. */
async function forget(shop: Shop): Promise<void> {
  const { spec } = await shop.virtualService()
  const http = spec.http?.map((route) => ({ ...route, fault: FAULT }))
  const object = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' }
  const { namespace, name } = shop
  await shop.custom.patchNamespacedCustomObject(
    { ...object, namespace, name, body: { spec: { http } }, fieldManager: 'kubectl-edit' },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  )
}

async function toldOf(shop: Shop): Promise<string | undefined> {
  const fieldSelector = `involvedObject.kind=VirtualService,involvedObject.name=${SERVICE}`
  const { items } = await shop.core.listNamespacedEvent({ namespace: shop.namespace, fieldSelector })
  return items.find(({ reason }) => reason === 'StaleFault')?.message
}

/** What `sluice faults …` prints. */
async function faults(env: SandboxEnv, ...args: string[]): Promise<string> {
  const program = join(projectRoot, 'src/main/sluice.ts')
  const all = [program, 'faults', ...args, '--kubeconfig', env.kubeconfig]
  const { stdout } = await promisify(execFile)(process.execPath, all, { timeout: 30_000 })
  return stdout
}

function lineOf(output: string, service: string): string {
  const line = output.split('\n').find((one) => one.split(/\s+/)[1] === service) ?? 'nothing'
  return line.replaceAll(/ {2,}/g, '  ').trim()
}
