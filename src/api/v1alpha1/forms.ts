import { z } from 'zod'
import { DECIMAL_PATTERN } from '../queries.ts'
import { DURATION_PATTERN, PERCENT_PATTERN, durationMs, percentShare } from '../quantities.ts'
import { celMatches, checked } from './checks.ts'
import type { Check } from './checks.ts'

/** The forms that strings of the API take. Not `pattern`: the API server would answer with the regular expression alone. */

const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const GATEWAY_NAME =
  /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?[/])?[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const LABEL_KEY =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*[/])?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/

type TextCheck = Check<string>

/** A check of a text that shows what was found. */
export function textCheck(must: string, holds: (text: string) => boolean, cel: string): TextCheck {
  return { must, holds, cel, found: { text: (text) => text, cel: 'self', format: '"%s"' } }
}

/** A check of a text by a pattern, which must do without look-around. */
export function patternCheck(must: string, pattern: RegExp): TextCheck {
  return textCheck(must, (text) => pattern.test(text), celMatches('self', pattern))
}

/** A text of so many characters at most that passes the checks. */
export function bounded(maximum: number, ...checks: TextCheck[]) {
  return checked(z.string().max(maximum, { abort: true }), checks)
}

/** A value of a Kubernetes label that is not empty. */
export const labelValue = bounded(
  63,
  patternCheck(
    'be the value of a label (1 to 63 letters, digits, "-", "_" or ".", with a letter or digit at both ends)',
    LABEL_VALUE,
  ),
)

/** A key of a Kubernetes label, with or without a prefix. */
export const labelKey = bounded(
  317,
  patternCheck('be the key of a label, such as version or example.com/version', LABEL_KEY),
)

/** A DNS label, as names of Services are. */
export const dnsLabel = bounded(
  63,
  patternCheck(
    'be a DNS label (1 to 63 lower-case letters, digits or "-", with a letter or digit at both ends)',
    DNS_LABEL,
  ),
)

/** A DNS subdomain, as names of most objects are. */
export const objectName = bounded(
  253,
  patternCheck(
    'be the name of an object (1 to 253 lower-case letters, digits, "-" or ".", with a letter or digit at both ends)',
    DNS_SUBDOMAIN,
  ),
)

/** A gateway as VirtualServices name it. */
export const gatewayName = bounded(
  317,
  patternCheck('be the name of a Gateway, such as istio-ingress/public', GATEWAY_NAME),
)

/** Any text of one to 253 characters, as names of http routes are. */
export const routeName = bounded(
  253,
  textCheck('not be empty', (text) => text !== '', `self != ''`),
)

const DURATION_MUST = 'be a duration of whole numbers with the units h, m, s, ms, such as 30s, 5m or 1h30m'

// RE2 has no look-ahead; here it only keeps the empty text out.
const RE2_DURATION = new RegExp(DURATION_PATTERN.source.replace(String.raw`(?=\d)`, ''))

/** CEL that is true of a duration. */
export const celDuration = (value: string): string => `${value} != '' && ${celMatches(value, RE2_DURATION)}`

/** CEL that is true of a duration longer than nothing. */
export const celPositiveDuration = (value: string): string =>
  `${celDuration(value)} && ${value}.matches('[1-9]')`

/** True of a duration longer than nothing. */
export function isPositiveDuration(text: string): boolean {
  return DURATION_PATTERN.test(text) && durationMs(text) > 0
}

/** CEL that is true of a percentage above 0% and below 100%. */
export const celShare = (value: string): string =>
  `${celMatches(value, PERCENT_PATTERN)} && ${value}.matches('[1-9]') && !${value}.startsWith('100')`

/** True of a percentage above 0% and below 100%. */
export function isShare(text: string): boolean {
  return PERCENT_PATTERN.test(text) && percentShare(text) > 0 && percentShare(text) < 1
}

/** A duration; 0s is allowed. */
export const duration = bounded(
  20,
  textCheck(DURATION_MUST, (text) => DURATION_PATTERN.test(text), celDuration('self')),
)

/** A duration longer than nothing. */
export const positiveDuration = bounded(
  20,
  textCheck(`${DURATION_MUST}, and longer than 0s`, isPositiveDuration, celPositiveDuration('self')),
)

/** A percentage above 0% and below 100%. */
export const share = bounded(
  20,
  textCheck('be a percentage above 0% and below 100%, such as 1% or 0.25%', isShare, celShare('self')),
)

/** A percentage below 100%; 0% is allowed. */
export const shareOrNone = bounded(
  20,
  textCheck(
    'be a percentage from 0% to below 100%, such as 0.1%',
    (text) => PERCENT_PATTERN.test(text) && percentShare(text) < 1,
    `${celMatches('self', PERCENT_PATTERN)} && !self.startsWith('100')`,
  ),
)

/** A decimal number as text: the API has no fractions of its own. */
export const decimal = bounded(
  20,
  patternCheck('be a decimal number in quotes, such as "0.02" or "-1.5"', DECIMAL_PATTERN),
)

/** A list of so many entries at most, each with a name of its own. The API server keys it by name. */
export function namedList<S extends z.ZodType<{ name: string }>>(entry: S, maximum: number) {
  return z
    .array(entry)
    .max(maximum)
    .refine((list) => repeatedName(list) === undefined, {
      error: (issue) =>
        `must have unique names, found "${repeatedName(issue.input as readonly Named[])}" twice`,
    })
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
}

interface Named {
  readonly name: string
}

function repeatedName(list: readonly Named[]): string | undefined {
  return list.find(({ name }, index) => list.findIndex((other) => other.name === name) < index)?.name
}
