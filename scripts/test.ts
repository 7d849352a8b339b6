import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createProgress } from '../sandbox/progress.ts'
import { readArguments } from './kit/arguments.ts'
import { root, runProgram } from './test/program.ts'
import { removeAbandoned } from './test/sandboxes.ts'
import { INTERRUPTED, seconds, summary } from './test/tally.ts'
import type { Outcome, Tally } from './test/tally.ts'
import { runTests } from './test/tests.ts'

const USAGE = `Runs everything that must hold before a change is merged. CI runs the same.

usage: npm test [-- PART...]

  gates   generated files, formatting, lint, types, import rules, unused code
  unit    unit, property, workflow and replay tests
  mesh    integration tests, two files at a time, and end-to-end tests, in new sandboxes or in the running one that
          SLUICE_SANDBOX names (its state folder); then, in sandboxes of their own, those that kill everything

Without a part all of them, in this order: never beside each other, because starved processors look like slow canaries.
A failure does not stop the rest. The last line is "N passed, N failed", each gate counting as one.`

interface Task {
  readonly name: string
  readonly run: () => Promise<Tally>
}

const sources = ['src', 'sandbox', 'scripts', 'test', 'bench'].filter((folder) =>
  existsSync(join(root, folder)),
)

const gates: readonly Task[] = [
  gate('generated files', process.execPath, 'scripts/generate.ts', '--check'),
  gate('formatting', 'prettier', '--check', '--log-level=warn', '.'),
  gate('lint', 'oxlint', '--type-aware', '--deny-warnings'),
  gate('types', 'tsc', '--noEmit'),
  gate('import rules', 'depcruise', '--config', '.dependency-cruiser.mjs', ...sources),
  gate('unused code', 'knip'),
]

const parts: Readonly<Record<string, readonly Task[]>> = {
  gates,
  unit: [
    { name: 'unit tests', run: () => runTests('unit') },
    { name: 'workflow tests', run: () => runTests('workflows') },
  ],
  mesh: [
    { name: 'mesh tests', run: async () => runMeshTests('mesh') },
    { name: 'end-to-end tests', run: async () => runMeshTests('e2e') },
    { name: 'storm tests', run: async () => runMeshTests('storms') },
  ],
}

function gate(name: string, ...command: string[]): Task {
  return {
    name,
    run: async () => {
      const status = await runProgram(command)
      return status === 0 ? { passed: 1, failed: 0, status } : { passed: 0, failed: 1, status }
    },
  }
}

// Interrupted, vitest ends without taking its sandbox down.
async function runMeshTests(project: string): Promise<Tally> {
  const tally = await runTests(project)
  if (tally.status === INTERRUPTED) await removeAbandoned(createProgress(process.stderr))
  return tally
}

async function runTask({ name, run }: Task): Promise<Outcome> {
  console.log(`\n== ${name}`)
  const start = performance.now()
  const outcome = { name, ...(await run()), ms: performance.now() - start }
  console.log(`== ${name}: ${outcome.failed === 0 ? 'ok' : 'FAILED'} after ${seconds(outcome.ms)}`)
  return outcome
}

async function runAll(tasks: readonly Task[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const task of tasks) {
    const outcome = await runTask(task)
    outcomes.push(outcome)
    if (outcome.status === INTERRUPTED) break
  }
  return outcomes
}

const names = Object.keys(parts)
const chosen = readArguments({
  usage: USAGE,
  allowed: names.join(', '),
  isAllowed: (argument) => names.includes(argument),
})

process.chdir(root)
const wanted = names.filter((name) => chosen.length === 0 || chosen.includes(name))
const outcomes = await runAll(wanted.flatMap((name) => parts[name] ?? []))
console.log(`\n${summary(outcomes).join('\n')}`)
process.exitCode = outcomes.some((outcome) => outcome.failed > 0) ? 1 : 0
