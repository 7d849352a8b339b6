import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const scripts = join(import.meta.dirname, '../../scripts')

function run(program: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(scripts, program), ...args], { encoding: 'utf8' })
}

describe.each([
  ['test.ts', 'gates, unit, mesh'],
  ['generate.ts', '--check'],
  ['record-histories.ts', 'words of the name of a scenario'],
])('%s', (program, allowed) => {
  it('refuses others in one line that tells what is allowed', () => {
    const { status, stdout, stderr } = run(program, '--nope')
    expect(stderr).toBe(`found "--nope", allowed: ${allowed} (--help tells more)\n`)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })

  it('tells how it is used', () => {
    const { status, stdout } = run(program, '--help')
    expect(stdout).toContain('\nusage: ')
    expect(status).toBe(0)
  })
})
