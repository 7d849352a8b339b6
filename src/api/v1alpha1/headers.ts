import { bounded, patternCheck, textCheck } from './forms.ts'

/** Headers of requests that users name. */

/** Headers that say how an answer is sent, or to whom: they are ours. */
export const TRANSPORT_HEADERS: readonly string[] = [
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/**
 * The name of a header.
 * @param own names that are not taken, in lower case
 * @param example for the message
 */
export function headerNameExcept(own: readonly string[], example: string) {
  return bounded(
    100,
    patternCheck(
      `be the name of a header (letters, digits, "-" or "_"), such as ${example}`,
      /^[A-Za-z0-9_-]+$/,
    ),
    textCheck(
      `not be a header that Sluice sends itself (${own.join(', ')})`,
      (name) => !own.includes(name.toLowerCase()),
      `!(self.lowerAscii() in [${own.map((name) => `'${name}'`).join(', ')}])`,
    ),
  )
}

/** The value of a header. */
export const headerValue = bounded(1024, patternCheck('be printable ASCII without line breaks', /^[ -~]*$/))
