import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from '../../sandbox/env.ts'

/** Settings of `sluice run` as the program has them. */
export interface Settings {
  /** What each environment variable is for. */
  readonly descriptions: Readonly<Record<string, string>>
  /** The configuration that an environment gives. */
  readonly config: Readonly<Record<string, unknown>>
}

// Nobody imports main, tests neither: it is asked in a process of its own.
const program = `
  const { readConfig, settings } = await import(process.argv[1])
  const entries = Object.entries(settings.shape).map(([name, schema]) => [name, schema.description ?? ''])
  const config = readConfig(JSON.parse(process.argv[2]))
  console.log(JSON.stringify({ descriptions: Object.fromEntries(entries), config }))`

/**
 * What `src/main/config.ts` says.
 * @param env environment to read the configuration from
 * @throws Error when it is not valid
 */
export function readSettings(env: Readonly<Record<string, string>> = {}): Settings {
  const module = join(projectRoot, 'src/main/config.ts')
  const args = ['--input-type=module', '--eval', program, module, JSON.stringify(env)]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' })) as Settings
}
