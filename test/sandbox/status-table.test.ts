import { expect, test } from 'vitest'
import { statusTable } from '../../sandbox/status-table.ts'

test('shows why a part is unhealthy instead of where it is', () => {
  const table = statusTable(
    {
      healthy: false,
      parts: [
        {
          name: 'etcd',
          state: 'unhealthy',
          pid: 12,
          since: '2026-11-21T08:00:00Z',
          endpoint: 'x',
          reason: 'no answer',
        },
        { name: 'istiod', state: 'stopped', endpoint: 'http://127.0.0.1:1' },
      ],
      others: [{ name: 'pod.a', state: 'running', pid: 13, memoryBytes: 3 * 1024 * 1024 }],
    },
    Date.parse('2026-11-21T08:01:05Z'),
  )
  expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['NAME', 'STATE', 'PID', 'UP', 'MEMORY', 'ENDPOINT'],
    ['etcd', 'unhealthy', '12', '1 min 5 s', '-', 'no answer'],
    ['istiod', 'stopped', '-', '-', '-', 'http://127.0.0.1:1'],
    ['pod.a', 'running', '13', '-', '3 MiB'],
  ])
})
