import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { addGet } from '../../../src/cli/commands/get.ts'
import { AT_20, PROMOTED, aRollout } from '../fixtures.ts'
import { World } from '../world.ts'

const REVIEWS = aRollout(AT_20)
const RATINGS = aRollout(PROMOTED, { name: 'ratings' })
const OTHER = aRollout({}, { name: 'web', namespace: 'front' })

async function get(...args: string[]): Promise<World> {
  const world = new World([REVIEWS, RATINGS, OTHER])
  await world.run(addGet, ['get', ...args])
  return world
}

const names = ({ text }: World) =>
  text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(/ +/)[0])

describe('sluice get', () => {
  it("lists the Rollouts of the context's namespace by name", async () => {
    expect(names(await get())).toEqual(['ratings', 'reviews'])
  })

  it('lists those of another namespace', async () => {
    expect(names(await get('-n', 'front'))).toEqual(['web'])
  })

  it('lists all with one request', async () => {
    const world = await get('-A')
    expect(names(world)).toEqual(['front', 'shop', 'shop'])
    expect(world.asked).toEqual([undefined])
  })

  it('shows one', async () => {
    expect(names(await get('reviews'))).toEqual(['reviews'])
  })

  it('adds what is and what comes next with -o wide', async () => {
    expect((await get('reviews', '-o', 'wide')).text).toContain(AT_20.message)
  })

  it('gives the object itself as JSON or YAML', async () => {
    expect(JSON.parse((await get('reviews', '-o', 'json')).text)).toEqual(REVIEWS.manifest)
    expect(parse((await get('reviews', '-o', 'yaml')).text)).toEqual(REVIEWS.manifest)
  })

  it('gives several objects as a List, even when there is one or none', async () => {
    const items = [RATINGS.manifest, REVIEWS.manifest]
    expect(JSON.parse((await get('-o', 'json')).text)).toEqual({ apiVersion: 'v1', kind: 'List', items })
    expect(JSON.parse((await get('-n', 'empty', '-o', 'json')).text)).toMatchObject({ items: [] })
  })

  it('quotes times, which some readers of YAML would not take for texts', async () => {
    expect((await get('reviews', '-o', 'yaml')).text).toMatch(/startedAt: "2026-/)
  })

  it('says beside the results that there are none', async () => {
    const world = await get('-n', 'empty')
    expect(world.text).toBe('')
    expect(world.notes).toEqual(['There are no Rollouts in namespace empty.'])
  })

  it('names the others when there is no such Rollout', async () => {
    await expect(get('review')).rejects.toThrow(
      'no Rollout review in namespace shop; there are: ratings, reviews',
    )
  })

  it('says where to look when the namespace has none', async () => {
    await expect(get('reviews', '-n', 'empty')).rejects.toThrow(
      'no Rollout reviews in namespace empty; there are none; name another namespace with -n, or list all with "sluice get -A"',
    )
  })

  it('refuses what contradicts itself', async () => {
    await expect(get('reviews', '-A')).rejects.toThrow(
      'a name and --all-namespaces exclude each other: use -n',
    )
    await expect(get('-A', '-n', 'shop')).rejects.toThrow('cannot be used with option')
    await expect(get('-o', 'xml')).rejects.toThrow('Allowed choices are wide, json, yaml.')
  })

  it('takes kubeconfig and context from its options', async () => {
    const { opened } = await get('--kubeconfig', 'file', '--context', 'test', '-n', 'shop')
    expect(opened).toEqual([{ kubeconfig: 'file', context: 'test', namespace: 'shop' }])
  })
})
