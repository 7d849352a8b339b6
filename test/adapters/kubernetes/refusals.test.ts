import { ApiException } from '@kubernetes/client-node'
import { describe, expect, it } from 'vitest'
import { readable } from '../../../src/adapters/kubernetes/client.ts'
import { RefusedError } from '../../../src/ports.ts'

function answer(status: number, message: string): Error {
  return readable(new ApiException(status, '', JSON.stringify({ message }), {}))
}

describe('an answer of the API server', () => {
  it.each([
    [403, 'cannot update resource'],
    [422, 'spec.http is invalid'],
    [400, 'admission webhook denied the request'],
    [500, 'etcdserver: request is too large'],
  ])('that stays the same however often it is asked is a refusal: %i %s', (status, message) => {
    const error = answer(status, message)
    expect(error).toBeInstanceOf(RefusedError)
    expect(error.message).toBe(`the API server answered ${status}: ${message}`)
  })

  it.each([
    [500, 'etcdserver: leader changed'],
    [503, 'unavailable'],
    [429, 'storage is (re)initializing'],
  ])('that may be another one a moment later is none: %i %s', (status, message) => {
    expect(answer(status, message)).not.toBeInstanceOf(RefusedError)
  })
})
