import { expect, test } from 'vitest'
import { MissingProgramError, run } from '../../../sandbox/tools/run.ts'

test('returns the lines of stdout, and tells those of stderr as well', async () => {
  const told: string[] = []
  const script = 'echo out; echo err >&2'
  expect(await run('sh', ['-c', script], { onLine: (line) => void told.push(line) })).toEqual(['out'])
  expect(told.toSorted()).toEqual(['err', 'out'])
})

test('a failure carries the last lines', async () => {
  await expect(run('sh', ['-c', 'echo the reason >&2; exit 3'])).rejects.toThrow('the reason')
})

test('a missing program is told apart', async () => {
  await expect(run('no-such-program-here', [])).rejects.toBeInstanceOf(MissingProgramError)
})
