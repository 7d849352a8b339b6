import { z } from 'zod'
import type { TemporalAddress, TemporalTls } from '../adapters/temporal/connection.ts'
import { certificateIn, keyIn, optionalText as text, rotatingText } from './files.ts'

/** How to reach Temporal and be let in, besides where it is; empty is as good as absent. */
export const temporalSecurity = {
  SLUICE_TEMPORAL_TLS: z
    .enum(['', 'true', 'false'], 'must be true or false')
    .optional()
    .transform((value) => (value === undefined || value === '' ? undefined : value === 'true'))
    .describe('true or false; empty: TLS if anything below is set.'),
  SLUICE_TEMPORAL_CA_FILE: text.describe(
    "PEM file of the authority of Temporal's certificate; empty: the usual authorities.",
  ),
  SLUICE_TEMPORAL_CERT_FILE: text.describe('PEM file of the client certificate (mTLS).'),
  SLUICE_TEMPORAL_KEY_FILE: text.describe('PEM file of the key of the client certificate.'),
  SLUICE_TEMPORAL_SERVER_NAME: text.describe("Name in Temporal's certificate, if not that of the address."),
  SLUICE_TEMPORAL_API_KEY: text
    .pipe(
      z
        .string()
        .trim()
        .regex(/^[!-~]+$/, 'must be printable characters without spaces')
        .optional(),
    )
    .describe('API key of Temporal. Better in a file.'),
  SLUICE_TEMPORAL_API_KEY_FILE: text.describe('File of the API key; a new key in it is taken up.'),
}

const schema = z.object(temporalSecurity)
type Security = z.output<typeof schema>
type Name = keyof Security

/** What is never shown. */
export const SECRETS: ReadonlySet<string> = new Set<Name>(['SLUICE_TEMPORAL_API_KEY'])

/** What contradicts each other, and what is only half said. */
export function contradictionsOf(config: Security): { readonly name: Name; readonly message: string }[] {
  const has = (name: Name) => config[name] !== undefined
  const found: { name: Name; message: string }[] = []
  if (has('SLUICE_TEMPORAL_CERT_FILE') && !has('SLUICE_TEMPORAL_KEY_FILE')) {
    found.push({ name: 'SLUICE_TEMPORAL_KEY_FILE', message: needs('SLUICE_TEMPORAL_CERT_FILE') })
  }
  if (has('SLUICE_TEMPORAL_KEY_FILE') && !has('SLUICE_TEMPORAL_CERT_FILE')) {
    found.push({ name: 'SLUICE_TEMPORAL_CERT_FILE', message: needs('SLUICE_TEMPORAL_KEY_FILE') })
  }
  if (has('SLUICE_TEMPORAL_API_KEY') && has('SLUICE_TEMPORAL_API_KEY_FILE')) {
    const message = 'must be empty, since SLUICE_TEMPORAL_API_KEY is set'
    found.push({ name: 'SLUICE_TEMPORAL_API_KEY_FILE', message })
  }
  if (config.SLUICE_TEMPORAL_TLS !== false) return found
  const message = 'must be empty, since SLUICE_TEMPORAL_TLS is false'
  return [...found, ...OF_TLS.filter(has).map((name) => ({ name, message }))]
}

const OF_TLS = [
  'SLUICE_TEMPORAL_CA_FILE',
  'SLUICE_TEMPORAL_CERT_FILE',
  'SLUICE_TEMPORAL_KEY_FILE',
  'SLUICE_TEMPORAL_SERVER_NAME',
] as const
const OF_API_KEY = ['SLUICE_TEMPORAL_API_KEY', 'SLUICE_TEMPORAL_API_KEY_FILE'] as const

function needs(other: Name): string {
  return `must be set beside ${other}`
}

/** Where Temporal is, with what the files hold. Throws an Error that names the variable whose file is of no use. */
export function temporalOf(
  config: Security & { readonly SLUICE_TEMPORAL_ADDRESS: string; readonly SLUICE_TEMPORAL_NAMESPACE: string },
): TemporalAddress {
  const tls = tlsOf(config)
  const apiKey = apiKeyOf(config)
  return {
    address: config.SLUICE_TEMPORAL_ADDRESS,
    namespace: config.SLUICE_TEMPORAL_NAMESPACE,
    ...(tls && { tls }),
    ...(apiKey && { apiKey }),
  }
}

function tlsOf(config: Security): TemporalTls | undefined {
  const implied = [...OF_TLS, ...OF_API_KEY].some((name) => config[name] !== undefined)
  if (!(config.SLUICE_TEMPORAL_TLS ?? implied)) return undefined
  const ca = certificateIn(config, 'SLUICE_TEMPORAL_CA_FILE')
  const cert = certificateIn(config, 'SLUICE_TEMPORAL_CERT_FILE')
  const key = cert && keyIn(config, { key: 'SLUICE_TEMPORAL_KEY_FILE', cert: 'SLUICE_TEMPORAL_CERT_FILE' })
  const serverName = config.SLUICE_TEMPORAL_SERVER_NAME
  return {
    ...(ca && { ca }),
    ...(cert && key && { client: { cert, key } }),
    ...(serverName && { serverName }),
  }
}

function apiKeyOf(config: Security): (() => string) | undefined {
  const { SLUICE_TEMPORAL_API_KEY: fixed } = config
  if (fixed !== undefined) return () => fixed
  return rotatingText(config, 'SLUICE_TEMPORAL_API_KEY_FILE', 'API key')
}
