import { readFileSync, statSync } from 'node:fs'
import * as z from 'zod'
import { readSettings } from './settings.ts'
import type { Settings } from './settings.ts'

/** Settings that may change while the app runs. */
const CHANGEABLE = [
  'ERROR_RATE',
  'ERROR_STATUS',
  'LATENCY_MS',
  'LATENCY_SPREAD',
  'SLOW_RATE',
  'SLOW_MS',
] as const satisfies (keyof Settings)[]

/** The file is looked at no more often than this; an app that nobody calls does not look at all. */
const LOOK_MS = 100

const changes = z.partialRecord(z.enum(CHANGEABLE), z.union([z.string(), z.number()]))
const schema = z.strictObject({
  all: changes.default({}),
  pods: z.record(z.string(), changes).default({}),
})

/** What apps are told while they run: changed settings for all that share the file, and over these for single pods. */
export type Behaviour = z.input<typeof schema>

/**
 * How the app is to behave now: as its environment says, changed by BEHAVIOUR_FILE as long as there is such a file. One
 * that is unusable changes nothing and is told on stderr, once.
 * @param env the environment from which the settings were read
 * @throws SettingsError when the environment itself is unusable
 */
export function behaviourOf(env: Readonly<Record<string, string | undefined>>): () => Settings {
  const settings = readSettings(env)
  const { BEHAVIOUR_FILE: file } = settings
  if (file === undefined) return () => settings
  let [now, lookedAt, seen] = [settings, -Infinity, '']
  return () => {
    if (performance.now() - lookedAt < LOOK_MS) return now
    lookedAt = performance.now()
    const stamp = stampOf(file)
    if (stamp !== seen) now = stamp === '' ? settings : changed(settings, env, file)
    seen = stamp
    return now
  }
}

// A file that was replaced is another one, even within the same millisecond.
function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`
}

function changed(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
  file: string,
): Settings {
  try {
    const { all, pods } = schema.parse(JSON.parse(readFileSync(file, 'utf8')))
    const entries = Object.entries({ ...all, ...pods[settings.POD_NAME] })
    return readSettings({
      ...env,
      ...Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
    })
  } catch (error) {
    console.error(`${file} changes nothing: ${error instanceof Error ? error.message : String(error)}`)
    return settings
  }
}
