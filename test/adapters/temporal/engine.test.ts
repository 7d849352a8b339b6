import type { Client } from '@temporalio/client'
import { describe, expect, it } from 'vitest'
import { readableError } from '../../../src/adapters/temporal/errors.ts'
import { temporalEngine } from '../../../src/adapters/temporal/engine.ts'
import type { Wanted } from '../../../src/core/machine/state.ts'

/** What Temporal's worker says; the client has an error of its own. */
const STATUS = 'Status { code: NotFound, details: "temporal.api.errordetails.v1.NamespaceNotFoundFailure" }'
const MISSING =
  'Temporal has no namespace sluice; create it: temporal operator namespace create --namespace sluice'

/** A client whose requests fail. */
function failing(error: Error): Client {
  const signalWithStart = () => {
    throw error
  }
  const withDeadline = async (_: number, request: () => Promise<void>) => request()
  return {
    workflow: { signalWithStart },
    withDeadline,
    options: { namespace: 'sluice' },
  } as unknown as Client
}

describe('an engine that cannot be used', () => {
  it.each([
    ['says that its namespace is missing', named('NamespaceNotFoundError', 'Namespace not found'), MISSING],
    ['says what is wrong, as Temporal does', new Error('14 UNAVAILABLE'), '14 UNAVAILABLE'],
  ])('%s', async (_, error, message) => {
    const rollout = { namespace: 'shop', name: 'reviews', uid: 'uid-1' }
    const delivery = temporalEngine(failing(error), 'default').deliver(rollout, {} as Wanted)
    await expect(delivery).rejects.toThrow(new Error(message))
  })
})

it('a worker without its namespace says the same', () => {
  expect(readableError(named('TransportError', STATUS), 'sluice').message).toBe(MISSING)
})

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
