import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Shop, quickSpec } from '../../../sandbox/kit/shop.ts'
import { GROUP_VERSION } from '../../../src/api/names.ts'
import { runSluice } from '../../main/run-sluice.ts'
import type { Finished } from '../../main/run-sluice.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const shop = new Shop(env, `checking-${Date.now().toString(36)}`)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-checking-'))
  await shop.open()
})
afterAll(async () => {
  await shop.close()
  await rm(folder, { recursive: true })
})

/** Runs a command over a file with a Rollout that nobody has applied. */
async function sluice(command: string, spec: object, ...args: string[]): Promise<Finished> {
  const metadata = { name: 'reviews', namespace: shop.namespace }
  const file = join(folder, 'rollout.yaml')
  await writeFile(file, stringify({ apiVersion: GROUP_VERSION, kind: 'Rollout', metadata, spec }))
  const { code, stdout, stderr } = await runSluice([command, file, '--kubeconfig', env.kubeconfig, ...args])
  return { code, stdout: stdout.replaceAll(file, 'rollout.yaml'), stderr }
}

describe('against a real cluster', () => {
  it('lint finds what the cluster lacks, and nothing once it is there', async () => {
    const lacking = await sluice('lint', quickSpec('v2'))
    expect(lacking.stdout).toMatch(
      /^rollout\.yaml:\d+: \S+\/reviews: spec\.version: no pod or workload of Service reviews has the label version=v2; found: v1$/m,
    )
    expect(lacking.code).toBe(1)

    await shop.deploy('v2')
    const complete = await sluice('lint', quickSpec('v2'))
    expect(complete.stdout).toContain('✔ 1 Rollout checked: no problem')
    expect(complete.stderr).toBe('not checked: metrics, which the controller alone asks Prometheus for\n')
    expect(complete.code).toBe(0)
  })

  it('render shows the steps of a release, and touches nothing', async () => {
    await shop.deploy('v2')
    const before = [await shop.virtualService(), await shop.destinationRule()]
    const steps = [25, 100].map((weight) => ({ weight, hold: '1m' }))
    const { code, stdout, stderr } = await sluice('render', quickSpec('v2', { steps }))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`${shop.namespace}/reviews  v1 → v2  25 → 100 %`)
    const [, first = ''] = /step 1 of 2: 25 %([\s\S]*?)\n\n/.exec(stdout) ?? []
    expect(first).toContain(`+++ VirtualService ${shop.namespace}/reviews, at 25 %`)
    expect(first).toMatch(/^\+ +weight: 75$/m)
    expect(first).toMatch(/^\+ +weight: 25$/m)
    expect(stdout).toMatch(
      new RegExp(
        `rolled back: .*\nVirtualService ${shop.namespace}/reviews: as it is before the release\nDestinationRule ${shop.namespace}/reviews: as it is before the release\n$`,
      ),
    )
    expect([await shop.virtualService(), await shop.destinationRule()]).toEqual(before)
  })

  it('a token that is not valid is told, with what to do', async () => {
    const broken = join(folder, 'kubeconfig')
    const text = await readFile(env.kubeconfig, 'utf8')
    await writeFile(broken, text.replaceAll(/token: .*/g, 'token: wrong'))
    const { code, stderr } = await sluice('lint', quickSpec('v2'), '--kubeconfig', broken)
    expect(stderr).toContain('log in again or choose another --context')
    expect(code).toBe(3)
  })
})
