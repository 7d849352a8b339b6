import { expect, test } from 'vitest'
import { runSteps, type Step } from '../../sandbox/steps.ts'

function recorder() {
  const log: string[] = []
  const step = (name: string, needs: string[], failure?: string): Step => ({
    name,
    needs,
    async run() {
      log.push(name)
      if (failure !== undefined) throw new Error(failure)
    },
  })
  return { log, step }
}

test('a step runs once, after all that it needs', async () => {
  const { log, step } = recorder()
  await runSteps([step('d', ['b', 'c']), step('b', ['a']), step('c', ['a']), step('a', [])])
  expect(log.toSorted()).toEqual(['a', 'b', 'c', 'd'])
  expect([log[0], log[3]]).toEqual(['a', 'd'])
})

test('a failure stops what needs it, and nothing else; it is thrown at the end', async () => {
  const { log, step } = recorder()
  const steps = [
    step('a', [], 'a broke'),
    step('b', ['a']),
    step('c', ['b']),
    step('x', []),
    step('y', ['x']),
  ]
  await expect(runSteps(steps)).rejects.toThrow('a broke')
  expect(log.toSorted()).toEqual(['a', 'x', 'y'])
})
