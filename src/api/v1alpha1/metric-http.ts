import { z } from 'zod'
import { JSON_PATH_PATTERN } from '../queries.ts'
import { checked } from './checks.ts'
import type { Check } from './checks.ts'
import { bounded, namedList, patternCheck } from './forms.ts'
import { TRANSPORT_HEADERS, headerNameExcept, headerValue } from './headers.ts'
import { secretKeyRef } from './secret-ref.ts'

/** A metric that a web address answers with, for those without Prometheus. */

const url = bounded(
  2048,
  patternCheck(
    'be an http or https URL, such as https://shop.example.com/rate?version={{ canary }}',
    /^https?:[/][/]([^ \t\r\n{}\\]|\{\{[ \t]*[A-Za-z][A-Za-z0-9_.-]*[ \t]*\}\})+$/,
  ),
)

const headerName = headerNameExcept(TRANSPORT_HEADERS, 'Authorization').describe('Name of the header.')

const headerText = headerValue.describe('Its value; it may have parameters.')

const fields = z.strictObject({
  url: url.describe('Where to ask. Parameters are percent-encoded. Redirects are not followed.'),
  method: z.enum(['GET', 'POST']).default('GET').describe('How to ask.'),
  headers: namedList(
    z.strictObject({ name: headerName, value: headerText }).describe('A header of the request.'),
    20,
  )
    .default([])
    .describe('Headers of the request.'),
  headersFrom: namedList(
    z.strictObject({ name: headerName, secretKeyRef }).describe('A header whose value is a secret.'),
    10,
  )
    .default([])
    .describe('Headers whose values are in Secrets, such as Authorization.'),
  body: z
    .string()
    .max(4096)
    .optional()
    .describe('Body of a POST: JSON, whose texts may have parameters. Sent as application/json.'),
  jsonPath: bounded(
    512,
    patternCheck(
      `be a JSONPath to one value, of names and indices, such as $.data.rate or $['error rate'][0]`,
      JSON_PATH_PATTERN,
    ),
  ).describe(
    'Where the number stands in the answer: a JSONPath of names and indices (RFC 9535, a singular query). A text that is a number counts as one; null, and nothing there, is no data.',
  ),
  caFrom: z
    .strictObject({ secretKeyRef })
    .optional()
    .describe('Certificates (PEM) to trust besides those that Node.js trusts.'),
})

type Http = z.output<typeof fields>

const bodyIsPosted: Check<Http> = {
  field: 'body',
  must: 'be absent unless method is POST',
  holds: ({ body, method }) => body === undefined || method === 'POST',
  cel: `!has(self.body) || self.method == 'POST'`,
}

/** A request whose answer has the number. */
export const metricHttp = checked(fields, [bodyIsPosted]).describe(
  'A web address that answers with JSON that has the number. Loopback, link-local and metadata addresses are refused.',
)
