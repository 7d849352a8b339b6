import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { runSluice } from './run-sluice.ts'
import { readSettings } from './settings.ts'

/** A wrong value of each variable, and what is allowed instead. */
const WRONG: readonly (readonly [name: string, value: string, allowed: string])[] = [
  ['SLUICE_ROLES', 'controler,wrker', 'must be some of controller, worker, server'],
  ['SLUICE_ROLES', ',', 'must be some of controller, worker, server'],
  ['SLUICE_CLUSTER', 'c'.repeat(64), 'must be 1 to 63 characters without spaces'],
  ['SLUICE_CLUSTER', '', 'must be 1 to 63 characters without spaces'],
  ['SLUICE_TEMPORAL_ADDRESS', 'temporal', 'must be host:port, like 127.0.0.1:7233, with a port up to 65535'],
  ['SLUICE_TEMPORAL_ADDRESS', 'foo:65536', 'must be host:port, like 127.0.0.1:7233, with a port up to 65535'],
  ['SLUICE_TEMPORAL_NAMESPACE', '', 'must not be empty'],
  ['SLUICE_TEMPORAL_TLS', 'yes', 'must be true or false'],
  ['SLUICE_PROMETHEUS_URL', 'prometheus:9090', 'must be a URL like http://prometheus:9090'],
  [
    'SLUICE_PROMETHEUS_URL',
    'http://mimir/?tenant=a',
    'must be a URL without ? and #, like http://mimir/prometheus',
  ],
  ['SLUICE_PROMETHEUS_TENANT', 'the shop', 'must be printable characters without spaces'],
  ['SLUICE_ENVOY_ADMIN', 'envoy', 'must be URLs like http://127.0.0.1:15000, separated by commas'],
  ['SLUICE_PROPAGATION_WAIT', '10 seconds', 'must be a duration like 10s'],
  [
    'SLUICE_WORKLOAD_KINDS',
    'clonesets',
    'must be some of the form plural.version.group, separated by commas',
  ],
  [
    'SLUICE_WORKLOAD_KINDS',
    'clonesets.apps.kruise.io',
    'must be some of the form plural.version.group, separated by commas',
  ],
  ['SLUICE_FAULT_MAX_DURATION', '10 minutes', 'must be a duration like 10s'],
  ['SLUICE_FAULT_MAX_PERCENT', '101', 'must be a whole percentage from 0 to 100'],
  ['SLUICE_PROBER_LOOPBACK', 'yes', 'must be true or false'],
  ['SLUICE_SWEEP_INTERVAL', '5', 'must be a duration like 10s'],
  ['SLUICE_SWEEP_INTERVAL', '1s', 'must be a duration from 10s to 24h, or 0s for no sweep'],
  ['SLUICE_SWEEP_INTERVAL', '24h1s', 'must be a duration from 10s to 24h, or 0s for no sweep'],
  ['SLUICE_SWEEP_FOREIGN_FAULTS', 'remove', 'must be Report or Remove'],
  ['SLUICE_SWEEP_FOREIGN_FAULTS_AFTER', '59s', 'must be a duration of at least 1m'],
  ['SLUICE_LISTEN', '8080', 'must be host:port, like 127.0.0.1:8080, with a port up to 65535'],
  ['SLUICE_LISTEN', '127.0.0.1:99999', 'must be host:port, like 127.0.0.1:8080, with a port up to 65535'],
  ['SLUICE_LOG_LEVEL', 'loud', 'must be one of debug, info, warn, error'],
]

// Nobody imports main, tests neither: it is asked in a process of its own.
const program = `
  const { readConfig } = await import(process.argv[1])
  const problem = (env) => {
    try {
      readConfig(env)
    } catch (error) {
      return error.message
    }
  }
  console.log(JSON.stringify(JSON.parse(process.argv[2]).map(problem)))`

/** What is said of each environment. */
function problemsOf(environments: readonly Readonly<Record<string, string>>[]): (string | null)[] {
  const module = join(projectRoot, 'src/main/config.ts')
  const args = ['--input-type=module', '--eval', program, module, JSON.stringify(environments)]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as (string | null)[]
}

describe('a variable that is wrong', () => {
  const problems = problemsOf(WRONG.map(([name, value]) => ({ [name]: value })))

  it.each(WRONG.map((row, index) => [...row, problems[index]] as const))(
    '%s=%s is named, with what was found and what is allowed',
    (name, value, allowed, problem) => {
      expect(problem).toBe(`the configuration is not valid:\n  ${name}: ${allowed}, found "${value}"`)
    },
  )

  it('is told together with the others', () => {
    const [problem] = problemsOf([Object.fromEntries(WRONG.map(([name, value]) => [name, value]))])
    expect(WRONG.filter(([name]) => problem?.includes(`  ${name}: `) !== true)).toEqual([])
  })

  it('is covered above, whichever it is', () => {
    const anything = ['KUBECONFIG', 'SLUICE_TEMPORAL_SERVER_NAME']
    // What is wrong with them does not depend on them alone.
    const elsewhere = ['CA_FILE', 'CERT_FILE', 'KEY_FILE', 'API_KEY', 'API_KEY_FILE']
    const ofPrometheus = ['CA_FILE', 'CERT_FILE', 'KEY_FILE', 'SERVER_NAME', 'HEADERS', 'USER']
    const covered = [
      ...[...ofPrometheus, 'TOKEN_FILE', 'PASSWORD_FILE'].map((name) => `SLUICE_PROMETHEUS_${name}`),
      ...WRONG.map(([name]) => name),
      ...anything,
      ...elsewhere.map((name) => `SLUICE_TEMPORAL_${name}`),
    ]
    expect(new Set(covered)).toEqual(new Set(Object.keys(readSettings().descriptions)))
  })

  it('ends the program before it touches anything, also when it is an option', async () => {
    const { code, stdout, stderr } = await runSluice(['run', '--roles', 'chef'])
    expect(stderr).toMatch(/^sluice: the configuration is not valid:\n {2}SLUICE_ROLES: .*, found "chef"\n$/)
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
  })

  it('and is KUBECONFIG is named when it is read', async () => {
    const { code, stderr } = await runSluice(['get'], { KUBECONFIG: '/nowhere/config' })
    expect(stderr).toMatch(/^sluice: the kubeconfig cannot be read: .*\/nowhere\/config'\n$/)
    expect(code).toBe(3)
  })
})

describe('the configuration', () => {
  it('is complete without any variable', () => {
    expect(readSettings().config).toEqual({
      SLUICE_ROLES: ['controller', 'worker', 'server'],
      SLUICE_CLUSTER: 'default',
      SLUICE_TEMPORAL_ADDRESS: '127.0.0.1:7233',
      SLUICE_TEMPORAL_NAMESPACE: 'default',
      SLUICE_PROMETHEUS_URL: 'http://127.0.0.1:9090',
      SLUICE_PROMETHEUS_HEADERS: [],
      SLUICE_ENVOY_ADMIN: [],
      SLUICE_PROPAGATION_WAIT: 10_000,
      SLUICE_WORKLOAD_KINDS: [],
      SLUICE_FAULT_MAX_DURATION: 600_000,
      SLUICE_FAULT_MAX_PERCENT: 0,
      SLUICE_PROBER_LOOPBACK: false,
      SLUICE_SWEEP_INTERVAL: 300_000,
      SLUICE_SWEEP_FOREIGN_FAULTS: 'Report',
      SLUICE_SWEEP_FOREIGN_FAULTS_AFTER: 86_400_000,
      SLUICE_LISTEN: '0.0.0.0:8080',
      SLUICE_LOG_LEVEL: 'info',
    })
  })

  it('takes lists apart at commas, spaces or not', () => {
    const { config } = readSettings({
      SLUICE_ROLES: ' worker , server',
      SLUICE_ENVOY_ADMIN: 'http://127.0.0.1:1,http://127.0.0.1:2,',
    })
    expect(config['SLUICE_ROLES']).toEqual(['worker', 'server'])
    expect(config['SLUICE_ENVOY_ADMIN']).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:2'])
  })

  it('takes times as durations', () => {
    expect(readSettings({ SLUICE_PROPAGATION_WAIT: '1m30s' }).config['SLUICE_PROPAGATION_WAIT']).toBe(90_000)
  })

  it('sweeps never where the interval is 0s, which does not go with faults that are to be removed', () => {
    expect(readSettings({ SLUICE_SWEEP_INTERVAL: '0s' }).config['SLUICE_SWEEP_INTERVAL']).toBe(0)
    const wanted = { SLUICE_SWEEP_INTERVAL: '0s', SLUICE_SWEEP_FOREIGN_FAULTS: 'Remove' }
    expect(problemsOf([wanted])).toEqual([
      'the configuration is not valid:\n  SLUICE_SWEEP_INTERVAL: must not be 0s, since SLUICE_SWEEP_FOREIGN_FAULTS is Remove, found "0s"',
    ])
  })
})
