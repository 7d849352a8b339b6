#!/usr/bin/env node
import { Command, CommanderError } from '@commander-js/extra-typings'
import { addAnalyze } from '../cli/commands/analyze.ts'
import { addFaults } from '../cli/commands/faults.ts'
import { addGet } from '../cli/commands/get.ts'
import { addLint } from '../cli/commands/lint.ts'
import { addRender } from '../cli/commands/render.ts'
import { addWatch } from '../cli/commands/watch.ts'
import { addRun } from './run-command.ts'
import { processShell, versionOfPackage } from './shell.ts'

/** Exit code of everything that could not be done; 1 says that a release did not, or will not, come through. */
const FAILED = 3

const program = new Command('sluice')
  .description('Progressive delivery for Istio: releases that step, watch, and roll back by themselves.')
  // What follows a command is the command's: "faults inject --version v2" asks for no version of this program.
  .enablePositionalOptions()
  .version(versionOfPackage(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .showHelpAfterError('(--help tells what is allowed)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  sluice get -A                   all Rollouts of the cluster
  sluice watch reviews -n shop    a release, live
  sluice lint rollout.yaml        what is wrong, before it is applied
  sluice render rollout.yaml      what a release will write, step by step
  sluice analyze plan --help      how long it will take, and what it will find
  sluice faults                   faults in the mesh, and whose they are
  sluice run                      controller, worker and server, as in a cluster`,
  )

const shell = processShell()
addGet(program, shell)
addWatch(program, shell)
addLint(program, shell)
addRender(program, shell)
addAnalyze(program, shell)
addFaults(program, shell)
addRun(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = FAILED
  // commander has said all there is to say.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : FAILED
  else console.error(`sluice: ${error instanceof Error ? error.message : String(error)}`)
}
