import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectRoot } from '../../../sandbox/env.ts'

function run(program: string, ...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [join(projectRoot, program), ...args], {
    encoding: 'utf8',
  })
  return { status, lines: stderr.trim().split('\n') }
}

it.each([
  ['sandbox/demo/main.ts', ['--kep'], "error: unknown option '--kep'"],
  ['sandbox/demo/main.ts', ['--rate', '0'], "error: option '--rate <number>' argument '0' is invalid."],
  ['sandbox/main.ts', ['up', '--stat'], "error: unknown option '--stat'"],
  ['sandbox/main.ts', ['load', '--hots'], "error: required option '--host <name>' not specified"],
])('%s %j is refused in a few lines, not with the whole help', (program, args, error) => {
  const { status, lines } = run(program, ...args)
  expect(status).toBe(1)
  expect(lines[0]).toContain(error)
  expect(lines.at(-1)).toBe('(--help tells what is allowed)')
  expect(lines.length).toBeLessThanOrEqual(3)
})
