import { describe, expect, it } from 'vitest'
import { openArchive } from '../../src/main/archive.ts'

async function read(...args: Parameters<typeof openArchive>): Promise<void> {
  const archive = openArchive(...args)
  try {
    for await (const { runId } of archive.releases('rollout:default/shop/reviews')) throw new Error(runId)
  } finally {
    await archive.close()
  }
}

describe('the Temporal of a command', () => {
  it('is refused with the name of what is wrong', () => {
    expect(() => openArchive('here', {})).toThrow(/^--temporal: must be host:port/)
    expect(() => openArchive(undefined, { SLUICE_TEMPORAL_ADDRESS: 'there' })).toThrow(
      /^SLUICE_TEMPORAL_ADDRESS: must be host:port/,
    )
    expect(() => openArchive('here:1', { SLUICE_TEMPORAL_CERT_FILE: '/a.pem' })).toThrow(
      'SLUICE_TEMPORAL_KEY_FILE: must be set beside SLUICE_TEMPORAL_CERT_FILE',
    )
  })

  it('that nobody answers at is told', async () => {
    // Nobody listens at port 1.
    await expect(read('127.0.0.1:1', {})).rejects.toThrow(/connect|connection/i)
  })
})
