import { describe, expect, it } from 'vitest'
import { Turns } from '../../src/activities/observe/turns.ts'

const NEVER = new AbortController().signal

/** Turns of which all are taken, until `end` is called. */
function taken(): { turns: Turns; end: () => void } {
  const turns = new Turns()
  const { promise, resolve } = Promise.withResolvers<void>()
  for (let index = 0; index < 256; index++) void turns.take('News', async () => promise, NEVER)
  return { turns, end: resolve }
}

describe('turns', () => {
  it('go to who came last', async () => {
    const { turns, end } = taken()
    const order: string[] = []
    const waiting = ['first', 'second', 'third'].map(async (name) =>
      turns.take('News', async () => order.push(name), NEVER),
    )
    end()
    await Promise.all(waiting)
    expect(order).toEqual(['third', 'second', 'first'])
  })

  it('do not come to who has given up', async () => {
    const { turns, end } = taken()
    const givenUp = new AbortController()
    let hasRead = false
    const waiting = turns.take('News', async () => (hasRead = true), givenUp.signal)
    givenUp.abort(new Error('too late'))
    await expect(waiting).rejects.toThrow('too late')
    end()
    await turns.take('News', async () => undefined, NEVER)
    expect(hasRead).toBe(false)
  })

  it('for the hour before are others', async () => {
    const { turns } = taken()
    expect(await turns.take('Hour', async () => 'read', NEVER)).toBe('read')
  })

  it('for what is of use later hold up no look', async () => {
    const turns = new Turns()
    const { promise } = Promise.withResolvers<void>()
    for (let index = 0; index < 64; index++) void turns.takeLater(async () => promise)
    expect(await turns.take('Hour', async () => 'read', NEVER)).toBe('read')
  })

  it('for what is of use later wait for no look', async () => {
    const turns = new Turns()
    const { promise } = Promise.withResolvers<void>()
    for (let index = 0; index < 64; index++) void turns.take('Hour', async () => promise, NEVER)
    expect(await turns.takeLater(async () => 'read')).toBe('read')
  })
})
