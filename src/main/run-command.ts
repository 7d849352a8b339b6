import type { Command } from '@commander-js/extra-typings'
import closeWithGrace from 'close-with-grace'
import { durationText } from '../api/quantities.ts'
import { KUBECONFIG } from '../cli/options.ts'
import { wrapped } from '../cli/view/text.ts'
import { readConfig, settings } from './config.ts'

/** Adds `sluice run`. */
export function addRun(program: Command): void {
  program
    .command('run')
    .summary('run controller, worker and server')
    .description('Run the controller, the worker and the server, or some of them (SLUICE_ROLES).')
    .option('--roles <list>', 'parts to run, comma separated: controller, worker, server')
    .addOption(KUBECONFIG)
    .addHelpText('after', () => `\nEnvironment:\n${environmentHelp()}`)
    .action(async ({ roles, kubeconfig }) => {
      const { env } = process
      const config = readConfig({
        ...env,
        SLUICE_ROLES: roles ?? env['SLUICE_ROLES'],
        KUBECONFIG: kubeconfig ?? env['KUBECONFIG'],
      })
      // Other commands need not wait for the engine's libraries to load.
      const { run } = await import('./run.ts')
      const running = run(config)
      // From the beginning: as the first process of a container it would not end by a signal that it does not handle.
      const grace = closeWithGrace({ delay: 10_000 }, async ({ err }) => {
        if (err) console.error(err)
        await (await running).stop()
      })
      // What did not begin need not end in order.
      await running.catch((error: unknown) => {
        grace.uninstall()
        throw error
      })
    })
}

const HELP_COLUMNS = 80
const NAME_COLUMNS = 32

function environmentHelp(): string {
  return Object.entries(settings.shape)
    .flatMap(([name, schema]) => {
      const text = `${schema.description ?? ''}${defaultText(schema.safeParse(undefined).data)}`
      const [first = '', ...rest] = wrapped(text, HELP_COLUMNS - NAME_COLUMNS)
      return [
        `  ${name}`.padEnd(NAME_COLUMNS) + first,
        ...rest.map((line) => ' '.repeat(NAME_COLUMNS) + line),
      ]
    })
    .join('\n')
}

/** The only numbers among the settings are times. */
function defaultText(value: string | number | boolean | readonly string[] | undefined): string {
  const text = typeof value === 'number' ? durationText(value) : (value ?? '').toString()
  return text === '' ? '' : ` Default: ${text}`
}
