import { describe, expect, it } from 'vitest'
import { aRolloutFile, fileOf } from '../cli/shop.ts'
import { runSluice } from './run-sluice.ts'

/** What `sluice analyze plan` says of its Prometheus; nobody listens at port 1. */
const plan = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runSluice(['analyze', 'plan', '-', ...args], env, fileOf(aRolloutFile()))

describe('the Prometheus of a command', () => {
  it('is the one that is named, then the one of the controller', async () => {
    const env = { SLUICE_PROMETHEUS_URL: 'http://127.0.0.2:1' }
    const [named, configured] = await Promise.all([
      plan(['--prometheus', 'http://127.0.0.3:1'], env),
      plan([], env),
    ])
    expect([named.code, configured.code]).toEqual([3, 3])
    expect(named.stderr).toContain('Prometheus at http://127.0.0.3:1 cannot be read: ')
    expect(configured.stderr).toContain('Prometheus at http://127.0.0.2:1 cannot be read: ')
  })

  it('is refused with the name of what is wrong', async () => {
    const wrong = await Promise.all([
      plan(['--prometheus', 'here']),
      plan([], { SLUICE_PROMETHEUS_URL: 'there' }),
    ])
    expect(wrong.map(({ code }) => code)).toEqual([3, 3])
    const must = 'must be a URL like http://prometheus:9090, found'
    expect(wrong[0]?.stderr).toContain(`--prometheus: ${must} "here"`)
    expect(wrong[1]?.stderr).toContain(`SLUICE_PROMETHEUS_URL: ${must} "there"`)
  })
})
