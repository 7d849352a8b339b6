import * as z from 'zod'

/** What the demo app is told by its environment. Durations are milliseconds, rates shares from 0 to 1. */
export type Settings = z.infer<typeof schema>

const number = (pattern: RegExp, check: z.ZodNumber, allowed: string) =>
  z.string().regex(pattern).transform(Number).pipe(check).describe(allowed)

const milliseconds = number(/^\d+$/, z.number().max(600_000), 'whole milliseconds from 0 to 600000')
const share = number(/^\d*\.?\d+$/, z.number().max(1), 'a number from 0 to 1, such as 0.05')
const status = number(/^\d{3}$/, z.number().min(400).max(599), 'a status from 400 to 599')
const spread = number(/^\d*\.?\d+$/, z.number().max(3), 'a number from 0 to 3, such as 0.8')
const port = number(/^\d+$/, z.number().max(65_535), 'a port from 0 to 65535 (0: any free one)')
const text = z.string().max(253).describe('a text of at most 253 characters')

/** After how many milliseconds the process exits with code 1: `true` is at once, undefined never. */
const crash = z
  .union([
    z.literal('false').transform(() => undefined),
    z.literal('true').transform(() => 0),
    z.string().regex(/^\d+$/).transform(Number),
  ])
  .describe('true (exit at once), false, or the whole milliseconds after which to exit')

const host = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?$/)
  .describe('a host in lower case with an optional port, such as ratings or ratings:9080')

const schema = z.object({
  PORT: port,
  POD_NAME: text.default('unknown'),
  VERSION: text.default('unknown'),
  ERROR_RATE: share.default(0),
  ERROR_STATUS: status.default(500),
  LATENCY_MS: milliseconds.default(0),
  LATENCY_SPREAD: spread.default(0),
  SLOW_RATE: share.default(0),
  SLOW_MS: milliseconds.default(0),
  START_DELAY_MS: milliseconds.default(0),
  CRASH: crash.optional(),
  DEPENDENCY: host.optional(),
  DEPENDENCY_URL: z
    .url({ protocol: /^http$/ })
    .describe('an http:// URL')
    .optional(),
  ON_DEPENDENCY_FAILURE: z.enum(['degrade', 'fail']).describe('degrade or fail').default('fail'),
  BEHAVIOUR_FILE: z.string().max(4095).describe('a path of at most 4095 characters').optional(),
})

/** The names of all variables that the app reads. */
export const settingNames = Object.keys(schema.shape)

/** Thrown when the environment is unusable; the message has one line for each variable. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/**
 * Reads the settings from environment variables; an empty variable counts as absent.
 * @throws SettingsError naming each bad variable, its value and what is allowed
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const known = settingNames.map((name) => [name, env[name] || undefined])
  const parsed = schema.safeParse(Object.fromEntries(known))
  if (!parsed.success)
    throw new SettingsError(parsed.error.issues.map((issue) => explain(issue, env)).join('\n'))
  if (parsed.data.DEPENDENCY && !parsed.data.DEPENDENCY_URL) {
    throw new SettingsError('DEPENDENCY_URL is missing: DEPENDENCY needs the http:// URL at which to call it')
  }
  return parsed.data
}

function explain(issue: z.core.$ZodIssue, env: Record<string, string | undefined>): string {
  const name = String(issue.path[0])
  const field = schema.shape[name as keyof typeof schema.shape]
  const inner = field instanceof z.ZodDefault || field instanceof z.ZodOptional ? field.unwrap() : field
  const found = env[name] ? `is ${JSON.stringify(env[name])}` : 'is missing'
  return `${name} ${found}; allowed: ${inner.description}`
}
