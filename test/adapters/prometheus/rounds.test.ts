import { describe, expect, it } from 'vitest'
import { Rounds } from '../../../src/adapters/prometheus/rounds.ts'

describe('rounds', () => {
  it('answer each question with its own answer, or its own error', async () => {
    const rounds = new Rounds<number, string>(async (questions) =>
      questions.map((question) => (question === 2 ? new Error('not two') : `answer ${question}`)),
    )
    const results = await Promise.allSettled([1, 2, 3].map(async (question) => rounds.ask(question)))
    expect(results).toMatchObject([
      { value: 'answer 1' },
      { reason: { message: 'not two' } },
      { value: 'answer 3' },
    ])
  })

  it('fail as a whole for those who asked in them only', async () => {
    let count = 0
    const rounds = new Rounds<number, string>(async () => {
      count += 1
      if (count === 1) throw new Error('broken')
      return ['well']
    })
    await expect(rounds.ask(1)).rejects.toThrow('broken')
    expect(await rounds.ask(2)).toBe('well')
  })

  it('begin at once while few ask, and no sooner after each other than their pace when many do', async () => {
    const began: number[] = []
    const answerAll = async (questions: readonly number[]) => {
      began.push(performance.now())
      return questions.map(() => 'well')
    }
    const rounds = new Rounds<number, string>(answerAll, { paceMs: 50, burst: 3 })
    while (began.length < 7) await Promise.race([rounds.ask(1), rounds.ask(2)])
    const spans = began.map((at) => at - (began[0] ?? 0))
    expect(spans[2]).toBeLessThan(50)
    // Timers may fire a little early.
    expect(spans[6]).toBeGreaterThan(4 * 50 - 5)
  })

  it('of a limited size answer the first before the last are asked', async () => {
    const rounds: (readonly number[])[] = []
    const limited = new Rounds<number, number>(
      async (questions) => {
        rounds.push(questions)
        return questions
      },
      { most: 2 },
    )
    expect(await Promise.all([1, 2, 3, 4, 5].map(async (question) => limited.ask(question)))).toEqual([
      1, 2, 3, 4, 5,
    ])
    expect(rounds).toEqual([[1, 2], [3, 4], [5]])
  })
})
