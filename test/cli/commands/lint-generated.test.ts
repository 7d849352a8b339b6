import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectReader } from '../../../src/ports-views.ts'
import { aVirtualService, to } from '../../core/shop.ts'
import { linesOf } from '../linting.ts'
import { fakeReader } from '../reader.ts'
import { ROUTE, SERVICE, aDeployment, aPod, aRolloutFile } from '../shop.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-lint-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const lines = async (objects: readonly object[], args: readonly string[] = [], reader?: ObjectReader) =>
  linesOf(folder, objects, args, reader)

const LIVE = ['--cluster']
const PODS = [aPod('v1'), aPod('v2')]

describe('a Rollout with objects of our own', () => {
  const traffic = { service: 'reviews', generated: { hosts: ['reviews.example.com'] } }
  const WANTED = aRolloutFile({ traffic, initialVersion: 'v1' })
  const DEPLOYMENTS = [aDeployment('v1'), aDeployment('v2')]
  const rival = (hosts: string[], gateways: string[]) => {
    const spec = { ...aVirtualService([to('v1')]).spec, hosts, gateways }
    return { ...ROUTE, metadata: { name: 'edge', namespace: 'shop' }, spec }
  }

  it('is in order where nobody has its names and hosts', async () => {
    const objects = [WANTED, SERVICE, ...DEPLOYMENTS, rival(['reviews.example.com'], ['public'])]
    expect(await lines(objects)).toEqual(['✔ 1 Rollout checked: no problem'])
  })

  it('is told who has one of its hosts in the mesh, in the files or in the cluster', async () => {
    const found =
      'a.yaml:11: shop/reviews: spec.traffic.generated: VirtualService shop/edge has the host reviews.example.com in the mesh already; name it in spec.traffic.existing, or take the host out of it'
    const edge = rival(['reviews.example.com'], ['public', 'mesh'])
    const failed = '✘ 1 Rollout checked: 1 problem'
    expect(await lines([WANTED, SERVICE, ...DEPLOYMENTS, edge])).toEqual([found, failed])
    const reader = fakeReader([SERVICE, ...DEPLOYMENTS, ...PODS, edge])
    expect(await lines([WANTED], LIVE, reader)).toEqual([found, failed])
  })

  it('is told of an object of its name that is not ours', async () => {
    const [first] = await lines([WANTED, SERVICE, ...DEPLOYMENTS, ROUTE])
    expect(first).toContain("VirtualService shop/reviews is there and is not Sluice's")
  })
})
