#!/usr/bin/env node
import { Command } from '@commander-js/extra-typings'
import closeWithGrace from 'close-with-grace'
import { readConfig, settings } from './config.ts'
import { run } from './run.ts'

const program = new Command('sluice')
  .description('Progressive delivery for Istio: releases that step, watch, and roll back by themselves.')
  .showHelpAfterError()

program
  .command('run')
  .description('Run the controller, the worker and the server, or some of them (SLUICE_ROLES).')
  .option('--roles <list>', 'parts to run, comma separated: controller, worker, server')
  .addHelpText('after', () => `\nEnvironment:\n${environmentHelp()}`)
  .action(async ({ roles }) => {
    const env = roles === undefined ? process.env : { ...process.env, SLUICE_ROLES: roles }
    const running = await run(readConfig(env))
    closeWithGrace({ delay: 10_000 }, async ({ err }) => {
      if (err) console.error(err)
      await running.stop()
    })
  })

function environmentHelp(): string {
  return Object.entries(settings.shape)
    .map(([name, schema]) => `  ${name.padEnd(26)} ${schema.description ?? ''}`)
    .join('\n')
}

try {
  await program.parseAsync()
} catch (error) {
  console.error(`sluice: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 3
}
