import { temporalArchive } from '../adapters/temporal/archive.ts'
import { temporalClient } from '../adapters/temporal/connection.ts'
import type { OpenArchive } from '../cli/shell.ts'
import { settings } from './config.ts'
import { contradictionsOf, temporalOf, temporalSecurity } from './temporal.ts'

const schema = settings
  .pick({ SLUICE_TEMPORAL_ADDRESS: true, SLUICE_TEMPORAL_NAMESPACE: true })
  .extend(temporalSecurity)
const ADDRESS = 'SLUICE_TEMPORAL_ADDRESS'

/**
 * Temporal as the controller reaches it.
 * @param address instead of the configured one
 * Throws an Error that says what is wrong with the address, or with how it lets us in.
 */
export function openArchive(
  address: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): OpenArchive {
  const result = schema.safeParse({ ...env, [ADDRESS]: address ?? env[ADDRESS] })
  if (!result.success) {
    const [{ path, message } = { path: [], message: 'is not valid' }] = result.error.issues
    const name = address !== undefined && path[0] === ADDRESS ? '--temporal' : String(path[0])
    throw new Error(`${name}: ${message}`)
  }
  const [contradiction] = contradictionsOf(result.data)
  if (contradiction) throw new Error(`${contradiction.name}: ${contradiction.message}`)
  const client = temporalClient(temporalOf(result.data))
  return { ...temporalArchive(client), close: async () => client.connection.close() }
}
