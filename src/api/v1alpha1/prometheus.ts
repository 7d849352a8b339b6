import { z } from 'zod'
import { checked } from './checks.ts'
import type { Check } from './checks.ts'
import { bounded, namedList, objectName, patternCheck } from './forms.ts'
import { TRANSPORT_HEADERS, headerNameExcept, headerValue } from './headers.ts'

/** The Prometheus of a Rollout, instead of the controller's. */

/** Besides those of the transport: made by the Secret, or by the client. */
const OWN_HEADERS = [...TRANSPORT_HEADERS, 'authorization', 'content-encoding', 'content-type']

const url = bounded(
  2048,
  patternCheck(
    'be an http or https URL without user, ? and #, such as https://mimir.example.com/prometheus',
    /^https?:[/][/]([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/][A-Za-z0-9_.~%:/+,;=!$&()*-]*)?$/,
  ),
)

const fields = z.strictObject({
  url: url
    .optional()
    .describe(
      'Base URL of Prometheus, or of what speaks its API; it may have a path. Absent: that of the controller. Loopback, link-local and metadata addresses are refused; redirects are not followed, and no proxy of the environment is used.',
    ),
  serverName: objectName.optional().describe('Name in its certificate, if not that of the URL.'),
  headers: namedList(
    z
      .strictObject({
        name: headerNameExcept(OWN_HEADERS, 'X-Scope-OrgID').describe(
          'Name of the header, such as X-Scope-OrgID.',
        ),
        value: headerValue.describe('Its value.'),
      })
      .describe('A header of each query.'),
    20,
  )
    .default([])
    .describe('Headers of each query, such as the tenant.'),
  secretRef: z
    .strictObject({ name: objectName.describe('Name of a Secret in the namespace of the Rollout.') })
    .optional()
    .describe(
      'A Secret in the namespace of the Rollout, which says who asks: `token` (a bearer token), or `username` and `password`; `ca.crt`, the authority of the certificate of Prometheus; `tls.crt` and `tls.key`, a client certificate. Sluice has no right to read Secrets until a Role there gives it `get` on this one.',
    ),
})

type Fields = z.output<typeof fields>

const checks: Check<Fields>[] = [
  {
    must: 'have url, headers or secretRef: without any of them it says nothing',
    holds: ({ url: own, headers, secretRef }) =>
      own !== undefined || headers.length > 0 || secretRef !== undefined,
    cel: 'has(self.url) || has(self.secretRef) || (has(self.headers) && size(self.headers) > 0)',
  },
  {
    field: 'serverName',
    must: 'be absent unless url begins with https:',
    holds: ({ serverName, url: own = '' }) => serverName === undefined || own.startsWith('https:'),
    cel: `!has(self.serverName) || (has(self.url) && self.url.startsWith('https:'))`,
  },
]

/** Schema of `spec.analysis.prometheus`. */
export const ownPrometheus = checked(fields, checks).describe(
  'The Prometheus that is asked instead of the controller’s, or who asks there. None of the controller’s headers and credentials are sent with the queries of this Rollout.',
)

export type OwnPrometheus = Fields
