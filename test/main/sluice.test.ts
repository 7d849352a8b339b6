import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { runSluice } from './run-sluice.ts'

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }

describe('the command sluice', () => {
  it('tells its version', async () => {
    expect(await runSluice(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([
    [['--help'], 'sluice watch reviews -n shop'],
    [['get', '--help'], 'sluice get -A -o wide'],
    [['watch', '--help'], '1  the release was rolled back or is stalled'],
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

  it('says in one line what it could not do, without a stack', async () => {
    const { code, stderr } = await runSluice(['watch', 'reviews', '--kubeconfig', '/nowhere/config'])
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(code).toBe(3)
  })
})
