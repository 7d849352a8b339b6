import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'

/** The address that a command was given, and the environment. */
type Case = readonly [address: string | null, env: Readonly<Record<string, string>>]

// Nobody imports main, tests neither: it is asked in a process of its own.
const program = `
  const { openArchive } = await import(process.argv[1])
  const problemOf = async ([address, env]) => {
    try {
      const archive = openArchive(address ?? undefined, env)
      try {
        for await (const { runId } of archive.releases('rollout:default/shop/reviews')) return runId
      } finally {
        await archive.close()
      }
    } catch (error) {
      return error.message
    }
  }
  console.log(JSON.stringify(await Promise.all(JSON.parse(process.argv[2]).map(problemOf))))`

function problemsOf(cases: readonly Case[]): (string | null)[] {
  const module = join(projectRoot, 'src/main/archive.ts')
  const args = ['--input-type=module', '--eval', program, module, JSON.stringify(cases)]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as (string | null)[]
}

describe('the Temporal of a command', () => {
  // Nobody listens at port 1.
  const problems = problemsOf([
    ['here', {}],
    [null, { SLUICE_TEMPORAL_ADDRESS: 'there' }],
    ['127.0.0.1:1', { SLUICE_TEMPORAL_CERT_FILE: '/a.pem' }],
    ['127.0.0.1:1', { SLUICE_TEMPORAL_ADDRESS: 'there' }],
  ])

  it('is refused with the name of what is wrong', () => {
    const must = 'must be host:port, like 127.0.0.1:7233, with a port up to 65535'
    expect(problems.slice(0, 3)).toEqual([
      `--temporal: ${must}`,
      `SLUICE_TEMPORAL_ADDRESS: ${must}`,
      'SLUICE_TEMPORAL_KEY_FILE: must be set beside SLUICE_TEMPORAL_CERT_FILE',
    ])
  })

  it('is told when nobody answers there', () => {
    expect(problems[3]).toMatch(/connect/i)
  })
})
