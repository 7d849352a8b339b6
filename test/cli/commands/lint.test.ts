import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addLint } from '../../../src/cli/commands/lint.ts'
import { contentHash } from '../../../src/core/hash.ts'
import { templateHashOf } from '../../../src/core/policy/templates.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { Manifest, ObjectReader } from '../../../src/ports-views.ts'
import { KEY, ROLLOUT, aVirtualService, to } from '../../core/shop.ts'
import { lint, linesOf, writeIn } from '../linting.ts'
import { fakeReader } from '../reader.ts'
import { ROUTE, RULE, SERVICE, SHOP, aDeployment, aPod, aRolloutFile, fileOf } from '../shop.ts'
import { World } from '../world.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-lint-'))
})
afterEach(async () => rm(folder, { recursive: true }))

const write = async (name: string, text: string) => writeIn(folder, name, text)
const lines = async (objects: readonly object[], args: readonly string[] = [], reader?: ObjectReader) =>
  linesOf(folder, objects, args, reader)

const LIVE = ['--cluster']
const PODS = [aPod('v1'), aPod('v2')]
const OFFLINE =
  'not checked: pods, which --cluster looks at, and metrics, which the controller alone asks Prometheus for'

describe('sluice lint', () => {
  it('finds nothing in files that are in order, and says what it could not check', async () => {
    const world = await lint([await write('a.yaml', fileOf(aRolloutFile(), ...SHOP))])
    expect(world.text).toBe('✔ 1 Rollout checked: no problem\n')
    expect(world.notes).toEqual([OFFLINE])
    expect([world.exitCode, world.opened]).toEqual([undefined, []])
  })

  it('gives file, line, Rollout and field of each problem, as the API server words it', async () => {
    const text = [
      'apiVersion: sluice.dev/v1alpha1',
      'kind: Rollout',
      'metadata: { name: reviews, namespace: shop }',
      'spec:',
      '  version: v2',
      '  traffic:',
      '    service: Reviews',
      '    existing:',
      '      virtualServices: [{ name: reviews }]',
      '      destinationRule: { name: reviews, host: x }',
      '  steps:',
      '    - weight: 5',
      '    - weight: 101',
      '      hold: 5 m',
      '  analysis: { metrics: [] }',
      'extra: 1',
    ].join('\n')
    const world = await lint([await write('a.yaml', text)])
    const found = world.text.replaceAll(`${folder}/`, '').split('\n')
    expect(found.slice(0, -2)).toEqual([
      'a.yaml:7: shop/reviews: spec.traffic.service: must be a DNS label (1 to 63 lower-case letters, digits or "-", with a letter or digit at both ends), found "Reviews"',
      'a.yaml:10: shop/reviews: spec.traffic.existing.destinationRule: has no field "host"; its fields are name',
      'a.yaml:11: shop/reviews: spec.steps: must end at weight 100, found 101',
      'a.yaml:13: shop/reviews: spec.steps[1].weight: must be at most 100, found 101',
      'a.yaml:14: shop/reviews: spec.steps[1].hold: must be a duration of whole numbers with the units h, m, s, ms, such as 30s, 5m or 1h30m, found "5 m"',
      'a.yaml:15: shop/reviews: spec.analysis.metrics: must have at least 1 entry, found 0',
      'a.yaml:16: shop/reviews: has no field "extra"; its fields are apiVersion, kind, metadata, spec, status',
    ])
    expect(found.at(-2)).toBe('✘ 1 Rollout checked: 7 problems')
    expect(world.exitCode).toBe(1)
  })

  it.each([
    [
      { apiVersion: 'sluice.dev/v1beta1' },
      'apiVersion: must be "sluice.dev/v1alpha1", found "sluice.dev/v1beta1"',
    ],
    [{ apiVersion: 'v1alpha1' }, 'apiVersion: must be "sluice.dev/v1alpha1", found "v1alpha1"'],
    [{ apiVersion: undefined }, 'apiVersion: is required, and must be "sluice.dev/v1alpha1"'],
    [{ kind: 'rollouts' }, 'kind: must be "Rollout", found "rollouts"'],
    [{ kind: undefined }, 'kind: is required, and must be "Rollout"'],
    [{ metadata: { namespace: 'shop' } }, 'metadata.name: is required, and must be a string'],
    [
      { metadata: { name: 'n'.repeat(64) } },
      'metadata.name: must have at most 63 characters, so that it can be the value of a label',
    ],
    [{ metadata: undefined }, 'metadata: is required, and must be an object'],
    [
      { metadata: { name: 'reviews', lables: {} } },
      'metadata: has no field "lables"; its fields are name, namespace, labels, annotations',
    ],
    [{ metadata: { name: 'reviews', labels: { a: 1 } } }, 'metadata.labels.a: must be a string, found 1'],
    [{ spec: undefined }, 'spec: is required, and must be an object'],
  ])('knows a Rollout that is not quite one: %j', async (changes, problem) => {
    expect((await lines([{ ...aRolloutFile(), ...changes }]))[0]).toContain(problem)
  })

  it('lets pass what the API server wrote into metadata and status', async () => {
    const { metadata } = aRolloutFile()
    const shown = { ...metadata, uid: 'u', resourceVersion: '7', managedFields: [], annotations: null }
    const written = { ...aRolloutFile(), metadata: shown, status: { stableVersion: 'v1' } }
    expect(await lines([written, ...SHOP])).toEqual(['✔ 1 Rollout checked: no problem'])
  })

  it('says of Rollouts of other projects that they are not checked', async () => {
    const argo = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'x' } }
    const world = await lint([await write('a.yaml', fileOf(aRolloutFile(), ...SHOP, argo))])
    expect(world.notes[0]).toMatch(
      /a\.yaml:\d+: not checked: a Rollout of argoproj\.io\/v1alpha1; those of Sluice are of sluice\.dev\/v1alpha1$/,
    )
  })

  it('gives all as JSON for programs', async () => {
    const file = await write('a.yaml', fileOf(aRolloutFile({ version: '', progressDeadline: '10s' })))
    const world = await lint([file, '-o', 'json'])
    expect(JSON.parse(world.text)).toEqual({
      rollouts: 1,
      problems: [
        {
          file,
          line: 8,
          object: 'shop/reviews',
          message: expect.stringContaining('spec.version: must be the value of a label'),
        },
      ],
      warnings: [],
      notes: [],
    })
    expect([world.exitCode, world.notes]).toEqual([1, []])
  })

  it('warns, and does not fail for it', async () => {
    const world = await lint([
      await write('a.yaml', fileOf(aRolloutFile({ progressDeadline: '10s' }), ...SHOP)),
    ])
    expect(world.text).toMatch(/a\.yaml:\d+: shop\/reviews: warning: spec\.progressDeadline: 10s is short/)
    expect(world.text).toContain('✔ 1 Rollout checked: no problem, 1 warning')
    expect(world.exitCode).toBeUndefined()
  })
})

describe('sluice lint reads', () => {
  it('the standard input', async () => {
    const world = new World([])
    world.stdin = fileOf(aRolloutFile({ version: 5 }))
    await world.run(addLint, ['lint', '-'])
    expect(world.text).toContain('stdin:8: shop/reviews: spec.version: must be a string, found 5')
  })

  it('folders, and the folders within when asked, but no other files', async () => {
    await write('rollout.yml', fileOf(aRolloutFile()))
    await write('mesh.json', JSON.stringify({ kind: 'List', items: [RULE, ROUTE] }))
    await write('README.md', 'a: [')
    await write('deep/shop.yaml', fileOf(SERVICE, aDeployment('v2')))
    const flat = await lint([folder])
    expect(flat.notes[0]).toBe(
      'shop/reviews: not checked: Service shop/reviews and a workload with version=v2 are not in these files; use --cluster',
    )
    expect((await lint([folder, '-R'])).notes).toEqual([OFFLINE])
  })

  it('Rollouts in a List, with their lines', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [SERVICE, aRolloutFile({ version: 5 })] }
    const text = fileOf(list)
    const line = text.split('\n').findIndex((one) => one.includes('version: 5')) + 1
    expect((await lines([list]))[0]).toBe(
      `a.yaml:${line}: shop/reviews: spec.version: must be a string, found 5`,
    )
  })

  it('YAML as kubectl does, where "on" is true and a date is a text', async () => {
    const text = fileOf(aRolloutFile()).replace('version: v2', 'version: 2026-01-02\n  paused: on')
    const world = await lint([await write('a.yaml', text)])
    expect(world.text).toBe('✔ 1 Rollout checked: no problem\n')
  })

  it('no text that is not YAML, and does not repeat what stands there', async () => {
    const world = await lint([await write('a.yaml', `${fileOf(aRolloutFile())}---\npassword: [hunter2\n`)])
    expect(world.text).toMatch(/a\.yaml:\d+: this is no YAML: Flow sequence/)
    expect(world.text).not.toContain('hunter2')
    expect(world.exitCode).toBe(1)
  })

  it.each([
    ['x: &a [1]\ny: *b\n', 'this is no YAML: Unresolved alias'],
    ['a: 1\na: 2\n', 'this is no YAML: Map keys must be unique'],
  ])('no YAML that means nothing: %j', async (text, problem) => {
    expect((await lint([await write('a.yaml', text)])).text).toContain(problem)
  })

  it('objects only whose fields are of the right types', async () => {
    const route = { ...ROUTE, spec: { http: {} } }
    const found = await lines([aRolloutFile(), SERVICE, RULE, route, aDeployment('v2')])
    expect(found[0]).toMatch(
      /^a\.yaml:\d+: VirtualService shop\/reviews: spec\.http: must be an array, found an object$/,
    )
  })

  it('nothing, and says so, where there is nothing to read', async () => {
    await expect(lint([join(folder, 'absent')])).rejects.toThrow(
      `${join(folder, 'absent')} cannot be read: there is no such file or folder`,
    )
    await expect(lint([folder])).rejects.toThrow(
      'it holds no file *.yaml, *.yml or *.json; -R looks into its folders',
    )
    const file = await write('a.yaml', fileOf(SERVICE))
    await expect(lint([file])).rejects.toThrow(`there is no Rollout of sluice.dev/v1alpha1 in ${file}`)
  })
})

describe('what a Rollout names', () => {
  it.each<[string, readonly object[], string]>([
    [
      'a route that the VirtualService lacks',
      [SERVICE, RULE, { ...ROUTE, spec: { hosts: ['x'], http: [] } }],
      'spec.traffic.existing.virtualServices[0].routes[0]: VirtualService shop/reviews has no http route named primary to reviews',
    ],
    [
      'a Service that selects a version',
      [{ ...SERVICE, spec: { selector: { app: 'reviews', version: 'v1' } } }],
      'Service shop/reviews selects version=v1',
    ],
    [
      'a DestinationRule for another host',
      [{ ...RULE, spec: { host: 'ratings' } }],
      'DestinationRule shop/reviews is for host ratings; allowed: reviews or reviews.shop.svc.cluster.local',
    ],
    [
      'a namespace in ambient mode',
      [
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'shop', labels: { 'istio.io/dataplane-mode': 'ambient' } },
        },
      ],
      'namespace shop is in ambient mode',
    ],
    [
      'another Rollout of the same route',
      [...SHOP, aRolloutFile({}, { metadata: { name: 'second', namespace: 'shop' } })],
      'the older Rollout shop/reviews moves this route',
    ],
  ])('is judged by preflight: %s', async (_what, objects, problem) => {
    const [first = ''] = await lines([aRolloutFile(), ...objects])
    expect(first).toContain(problem)
    expect(first).toMatch(/^a\.yaml:\d+: shop\/(reviews|second): /)
  })

  it('is looked for in the namespace that is meant', async () => {
    const bare = (object: Manifest) => ({ ...object, metadata: { name: object.metadata.name } })
    const objects = [aRolloutFile(), ...SHOP].map(bare)
    expect(await lines(objects, ['-n', 'shop'])).toEqual(['✔ 1 Rollout checked: no problem'])
    const world = await lint([await write('a.yaml', fileOf(bare(aRolloutFile())))])
    expect(world.notes[0]).toContain(
      'default/reviews: not checked: Service default/reviews, VirtualService default/reviews, DestinationRule default/reviews and a workload',
    )
  })

  it('and what neither files nor cluster have is missing', async () => {
    const found = await lines([aRolloutFile()], LIVE, fakeReader([]))
    expect(found.slice(0, -1).map((line) => line.replace(/^a\.yaml:\d+: shop\/reviews: /, ''))).toEqual([
      'spec.traffic.service: there is no Service shop/reviews; create it or correct the name',
      'spec.traffic.existing.virtualServices[0].name: there is no VirtualService shop/reviews; create it or correct the name',
      'spec.traffic.existing.destinationRule.name: there is no DestinationRule shop/reviews; create it or correct the name',
    ])
  })

  it('is taken from the cluster where the files lack it, pods and all', async () => {
    expect(await lines([aRolloutFile()], LIVE, fakeReader([...SHOP, ...PODS]))).toEqual([
      '✔ 1 Rollout checked: no problem',
    ])
    expect(await lines([aRolloutFile()], LIVE, fakeReader([...SHOP, aPod('v1', false)]))).toEqual([
      expect.stringContaining('no pod of v1, which users have, is ready'),
      '✘ 1 Rollout checked: 1 problem',
    ])
  })

  it('may run as any kind that has a pod template', async () => {
    const cloneSet = { ...aDeployment('v2'), apiVersion: 'apps.kruise.io/v1alpha1', kind: 'CloneSet' }
    const world = await lint([await write('a.yaml', fileOf(aRolloutFile(), SERVICE, RULE, ROUTE, cloneSet))])
    expect(world.notes).toEqual([OFFLINE])
  })

  it('and a tool keeps is not deleted at its end', async () => {
    const labels = { 'kustomize.toolkit.fluxcd.io/name': 'shop' }
    const kept = aDeployment('v1')
    const flux = { ...kept, metadata: { ...kept.metadata, labels } }
    const spec = { retire: { policy: 'Delete', after: '1m' } }
    const [first] = await lines([aRolloutFile(spec), SERVICE, RULE, ROUTE, flux, aDeployment('v2')])
    expect(first).toContain(
      'spec.retire.policy: Delete would delete Deployment reviews-v1, which Flux tracks and would bring back',
    )
  })

  it('is better known by the files, but for what Sluice moves', async () => {
    const broken = { ...ROUTE, spec: { hosts: ['x'], http: [] } }
    const live = [SERVICE, RULE, broken, aDeployment('v2'), ...PODS]
    expect(await lines([aRolloutFile(), ROUTE], LIVE, fakeReader(live))).toEqual([
      '✔ 1 Rollout checked: no problem',
    ])

    const mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'v1-x-1', seq: 9, stable: 'v2' }
    const moved = withMark(aVirtualService([to('v2')]), KEY, mark) as unknown as Manifest
    const rule = { ...RULE, spec: { host: 'reviews', subsets: [{ name: 'v2', labels: { version: 'v2' } }] } }
    const file = await write('b.yaml', fileOf(aRolloutFile({ version: 'v3' }), ROUTE))
    const world = await lint(
      [file, '--cluster'],
      fakeReader([SERVICE, rule, moved, aDeployment('v3'), ...PODS]),
    )
    expect(world.text).toBe('✔ 1 Rollout checked: no problem\n')
    expect(world.notes).toContain(
      'VirtualService shop/reviews is taken as the cluster has it, since Sluice moves it',
    )
  })

  it('is judged with the status that the cluster has', async () => {
    const live = { ...aRolloutFile(), status: { stableVersion: 'v0' } }
    expect((await lines([aRolloutFile()], LIVE, fakeReader([...SHOP, ...PODS, live])))[0]).toContain(
      'the route sends 100 % to v1, status.stableVersion names v0; make them agree',
    )
  })

  it('is not judged while a release is under way', async () => {
    const mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'v2-x-1', seq: 9, stable: 'v1', canary: 'v2' }
    const busy = withMark(aVirtualService([to('v1', 80), to('v2', 20)]), KEY, mark) as unknown as Manifest
    const file = await write('a.yaml', fileOf(aRolloutFile()))
    const world = await lint(
      [file, '--cluster'],
      fakeReader([SERVICE, RULE, busy, aDeployment('v2'), ...PODS]),
    )
    expect(world.text).toBe('✔ 1 Rollout checked: no problem\n')
    expect(world.notes[0]).toBe(
      'shop/reviews: not checked: the objects it names, since a release of v2 is under way',
    )
  })

  it('in other namespaces and the labels of the own one may be hidden from who asks', async () => {
    const file = await write('a.yaml', fileOf(aRolloutFile()))
    const reader = fakeReader([...SHOP, ...PODS], ['Rollout', 'Namespace'])
    const world = await lint([file, '--kubeconfig', 'mine'], reader)
    expect(world.text).toBe('✔ 1 Rollout checked: no problem\n')
    expect(world.notes.slice(0, 2).toSorted()).toEqual([
      'not checked: Rollouts of other namespaces, which you may not list',
      'not checked: the labels of the namespace, which you may not read',
    ])
    expect(world.opened).toMatchObject([{ kubeconfig: 'mine' }])
    await expect(lint([file, '--context', 'x'], fakeReader([], ['Service']))).rejects.toThrow(
      'Service is forbidden',
    )
  })

  it('failed before: then it is not tried again until it changes', async () => {
    const template = { metadata: { labels: { app: 'reviews', version: 'v2' } }, spec: {} }
    const templateHash = templateHashOf([
      { kind: 'Deployment', name: 'reviews-v2', templateHash: contentHash(template) },
    ])
    const live = {
      ...aRolloutFile(),
      status: {
        lastFailed: {
          version: 'v2',
          templateHash,
          reason: 'MetricFailed',
          message: 'too many errors',
          at: '',
        },
      },
    }
    const [first] = await lines([aRolloutFile()], LIVE, fakeReader([...SHOP, ...PODS, live]))
    expect(first).toContain(
      'warning: spec.version: v2 was rolled back (too many errors) and is not tried again until version or pod template changes',
    )
  })
})
