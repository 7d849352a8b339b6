import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { FakeApi } from '../adapters/kubernetes/fake-api.ts'
import { runSluice } from './run-sluice.ts'

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }

/** There the cluster around is the one that is meant. */
const IN_A_POD = '/var/run/secrets/kubernetes.io/serviceaccount/token'

describe('the command sluice', () => {
  it('tells its version', async () => {
    expect(await runSluice(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([
    [['--help'], 'sluice watch reviews -n shop'],
    [['get', '--help'], 'sluice get -A -o wide'],
    [['watch', '--help'], '1  the release was rolled back or is stalled'],
    [['lint', '--help'], 'kustomize build . | sluice lint -'],
    [['render', '--help'], 'sluice render rollout.yaml --cluster --step 1'],
    [['faults', '--help'], 'sluice faults clear shop/ratings'],
    [['faults', 'list', '--help'], 'sluice faults -n shop -o wide'],
    [['faults', 'clear', '--help'], '1  some are left'],
    [['faults', 'inject', '--help'], '--dependency ratings --abort 503 --duration 30s'],
    [['run', '--help'], 'SLUICE_TEMPORAL_ADDRESS'],
  ])('helps with examples: %j', async (args, text) => {
    const { code, stdout } = await runSluice(args)
    expect(stdout).toContain(text)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(code).toBe(0)
  })

  it.each([
    [['gte'], "unknown command 'gte'"],
    [['get', '--all'], "unknown option '--all'"],
    [['watch'], "missing required argument 'name'"],
    [['watch', 'one', 'two'], 'too many arguments'],
    [[], 'Usage: sluice'],
  ])('exits with 3 for what it does not know: %j', async (args, text) => {
    const { code, stdout, stderr } = await runSluice(args)
    expect(stderr).toContain(text)
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
  })

  it('leaves what follows a command to the command: a version there is not its own', async () => {
    const args = ['--dependency', 'ratings', '--duration', '5s', '--version', 'v1']
    const { code, stdout, stderr } = await runSluice([
      'faults',
      'inject',
      ...args,
      '--kubeconfig',
      '/nowhere',
    ])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain('/nowhere cannot be read')
  })

  it.skipIf(existsSync(IN_A_POD)).each([[['get']], [['watch', 'reviews']], [['run']]])(
    'exits with 3 where no cluster is configured: %j',
    async (args) => {
      const problem = 'sluice: no kubeconfig found: set KUBECONFIG or --kubeconfig\n'
      expect(await runSluice(args, { HOME: '/nowhere' })).toEqual({ code: 3, stdout: '', stderr: problem })
    },
  )

  it('exits with 3 where the address to listen on is taken, and names the variable', async () => {
    const api = new FakeApi()
    await api.start()
    const folder = await mkdtemp(join(tmpdir(), 'sluice-run-'))
    const kubeconfig = await api.kubeconfig(join(folder, 'kubeconfig'))
    const { host } = new URL(api.url)
    const { code, stderr } = await runSluice(['run', '--kubeconfig', kubeconfig], { SLUICE_LISTEN: host })
    expect(stderr).toBe(`sluice: SLUICE_LISTEN: ${host} is in use\n`)
    expect(code).toBe(3)
    await api.stop()
    await rm(folder, { recursive: true })
  })

  it('reads the standard input, and exits with 1 for what is wrong in it', async () => {
    const text = 'apiVersion: sluice.dev/v1alpha1\nkind: Rollout\nmetadata: { name: reviews }\n'
    const { code, stdout, stderr } = await runSluice(['lint', '-'], {}, text)
    expect(stdout).toBe(
      'stdin:1: default/reviews: spec: is required, and must be an object\n✘ 1 Rollout checked: 1 problem\n',
    )
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  })

  it('says in one line what it could not do, without a stack', async () => {
    const { code, stderr } = await runSluice(['watch', 'reviews', '--kubeconfig', '/nowhere/config'])
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(code).toBe(3)
  })
})
