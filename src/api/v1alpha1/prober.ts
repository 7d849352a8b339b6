import { z } from 'zod'
import { PROBE_HEADER } from '../names.ts'
import { checked } from './checks.ts'
import type { Check } from './checks.ts'
import { bounded, namedList, patternCheck } from './forms.ts'
import { TRANSPORT_HEADERS, headerNameExcept, headerValue } from './headers.ts'
import { secretKeyRef } from './secret-ref.ts'

/** What the prober of a fault probe sends, and where. */

const url = bounded(
  2048,
  patternCheck(
    'be an http or https URL without a user, such as http://gateway.istio-ingress/reviews/1',
    /^https?:[/][/][^ \t\r\n{}\\@]+$/,
  ),
)

const host = bounded(
  259,
  patternCheck(
    'be a host, with or without a port, such as shop.example.com',
    /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]{1,5})?$/,
  ),
)

const headerName = headerNameExcept([...TRANSPORT_HEADERS, PROBE_HEADER], 'Authorization').describe(
  'Name of the header.',
)

const WITH_BODY = ['POST', 'PUT', 'PATCH'] as const

const fields = z.strictObject({
  url: url.describe(
    'Where it sends: a gateway, the service, or one that calls it and hands the header on. Redirects are not followed.',
  ),
  host: host.optional().describe('Host to ask for, where the URL has the address of a gateway.'),
  method: z
    .enum(['GET', 'HEAD', 'OPTIONS', 'DELETE', ...WITH_BODY])
    .default('GET')
    .describe('Method of the requests.'),
  headers: namedList(
    z
      .strictObject({ name: headerName, value: headerValue.describe('Its value.') })
      .describe('A header of the requests.'),
    10,
  )
    .default([])
    .describe('Headers of the requests.'),
  headersFrom: namedList(
    z.strictObject({ name: headerName, secretKeyRef }).describe('A header whose value is a secret.'),
    5,
  )
    .default([])
    .describe('Headers whose values are in Secrets, such as Authorization.'),
  body: z.string().max(4096).optional().describe('Body of a POST, PUT or PATCH, sent as it is.'),
  requestsPerSecond: z.int().min(1).max(50).default(5).describe('How many it sends a second.'),
})

type Prober = z.output<typeof fields>

const bodyIsSent: Check<Prober> = {
  field: 'body',
  must: `be absent unless method is one of ${WITH_BODY.join(', ')}`,
  holds: ({ body, method }) => body === undefined || WITH_BODY.some((one) => one === method),
  cel: `!has(self.body) || self.method in [${WITH_BODY.map((one) => `'${one}'`).join(', ')}]`,
}

/** Schema of `spec.faults[].canary`. */
export const prober = checked(fields, [bodyIsSent]).describe(
  `Only requests that Sluice’s own prober sends meet the fault, on their way to the canary. They carry the header ${PROBE_HEADER} with a value that nobody else knows. They are judged by what the prober sees: for a metric of kind ErrorRate by the share of answers 5xx, or none, for Latency by the share that is slower than \`max\`. Loopback, link-local and metadata addresses are refused.`,
)

export type ProberSpec = z.output<typeof prober>
