import { ApiException } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { explain } from '../../../sandbox/agent/explain.ts'

test.each([
  [
    new ApiException(403, 'Unknown', '{"message":"namespace is being terminated"}', {}),
    '403: namespace is being terminated',
  ],
  [new ApiException(429, 'Unknown', 'storage is initializing', {}), '429: storage is initializing'],
  [
    new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
    'fetch failed: connect ECONNREFUSED',
  ],
  ['text', 'text'],
])('the reason is one line', (error, line) => {
  expect(explain(error)).toBe(line)
})
