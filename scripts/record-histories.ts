// Records the histories that the replay tests replay; see USAGE.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createProgress } from '../sandbox/progress.ts'
import { toFile } from '../test/replay/history-file.ts'
import { SCENARIOS } from '../test/replay/scenarios.ts'
import { QUICK } from '../test/replay/scenarios/kit.ts'
import type { Scenario } from '../test/replay/scenarios/kit.ts'
import { HISTORIES, fileName, filesOf } from '../test/replay/stored.ts'
import { startTemporal } from '../test/workflows/kit/server.ts'
import { Stage } from '../test/workflows/kit/stage.ts'
import { readArguments } from './kit/arguments.ts'

const USAGE = `Records the histories that the replay tests replay (test/replay).

usage: node scripts/record-histories.ts [WORD...]

Plays each scenario of test/replay/scenarios.ts on a real Temporal server, and writes the history of each of its
executions to test/replay/histories/. Without words only scenarios that have no history yet are recorded; with words
those whose name contains one of them are recorded anew.

A stored history stands for releases that are under way in somebody's cluster while Sluice is updated. So when a change
of the workflow breaks its replay, do not record it anew: let the old ones end as they began, with "patched" of
@temporalio/workflow, and add a scenario for the new way.

Scenarios:
${SCENARIOS.map(({ name }) => `  ${name}`).join('\n')}`

async function record(stage: Stage, scenario: Scenario): Promise<void> {
  const release = stage.release({ plan: QUICK })
  await scenario.play(release)
  await release.ended()
  for (const file of filesOf(scenario)) rmSync(join(HISTORIES, file))
  for (const [index, runId] of release.runs().entries()) {
    const file = fileName(scenario, index + 1)
    writeFileSync(join(HISTORIES, file), await toFile(await release.handle(runId).fetchHistory()))
    console.log(`recorded ${file}`)
  }
}

async function recordAll(scenarios: readonly Scenario[]): Promise<void> {
  const progress = createProgress(process.stderr)
  const temporal = await startTemporal(progress)
  const stage = await Stage.open(temporal)
  try {
    await stage.work()
    for (const scenario of scenarios) await record(stage, scenario)
  } finally {
    await stage.close()
    await temporal.stop()
    progress.close()
  }
}

const words = readArguments({
  usage: USAGE,
  allowed: 'words of the name of a scenario',
  isAllowed: (argument) => SCENARIOS.some(({ name }) => name.includes(argument)),
})
const isWanted = (scenario: Scenario) =>
  words.length > 0 ? words.some((word) => scenario.name.includes(word)) : filesOf(scenario).length === 0
await recordAll(SCENARIOS.filter(isWanted))
