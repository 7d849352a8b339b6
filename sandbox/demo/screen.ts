import { createLogUpdate } from 'log-update'
import colors from 'picocolors'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { renderRollout } from '../../src/cli/view/rollout.ts'
import { liveLine, table } from '../load/format.ts'
import type { LoadReport } from '../load/index.ts'
import type { Audience } from './demo.ts'
import type { CaseReport } from './run-case.ts'

/** Lines below the Rollout, and one to spare: a frame that is too tall loses its title. */
const LINES_OF_LOAD = 3

/** Shows the demo: live on a terminal, else a line for each change. */
export function createScreen(stream: NodeJS.WriteStream): Audience {
  return stream.isTTY && stream.columns > 0 ? liveScreen(stream) : plainScreen(stream)
}

function liveScreen(stream: NodeJS.WriteStream): Audience {
  const live = createLogUpdate(stream)
  const print = (text: string) => {
    live.clear()
    stream.write(`${text}\n`)
  }
  let before: LoadReport | undefined
  return {
    say: print,
    begins: (demo) => print(`\n${colors.bold(`(${demo.id}) ${demo.title}`)}`),
    shows: (view, load) => {
      const width = Math.min(stream.columns, 110)
      const height = stream.rows - LINES_OF_LOAD
      const lines = renderRollout(view, { width, height, color: true, now: Date.now() })
      live([...lines, '', `load    ${liveLine(before ?? load, load)}`].join('\n'))
      before = load
    },
    ended: (report) => {
      live.done()
      print(endLine(report))
    },
  }
}

function plainScreen(stream: NodeJS.WriteStream): Audience {
  const print = (text: string) => stream.write(`${text}\n`)
  let last = ''
  return {
    say: (text) => void print(text),
    begins: (demo) => void print(`\n(${demo.id}) ${demo.title}`),
    shows: ({ rollout }) => {
      const line = lineOf(rollout.status)
      if (line !== last) print(`  ${line}`)
      last = line
    },
    ended: (report) => void print(endLine(report)),
  }
}

function lineOf({ weight, message }: RolloutStatus): string {
  return `${String(weight?.desired ?? 0).padStart(3)} %  ${message ?? ''}`
}

function endLine({ problems, result, users, seconds }: CaseReport): string {
  const mark = problems.length === 0 ? colors.green('ok') : colors.red('!!')
  return [
    `${mark} ${result}, users have ${users}, after ${seconds.toFixed(0)} s`,
    ...problems.map((line) => `   ${line}`),
  ].join('\n')
}

/** What was expected and what was seen, case by case. */
export function reportTable(reports: readonly CaseReport[]): string {
  const headings = ['CASE', 'EXPECTED', 'SEEN', 'LARGEST WEIGHT', 'TIME', "ERRORS NOT THE APP'S", '']
  const rows = reports.map(({ demo, ...seen }) => [
    `${demo.id}  ${demo.version}`,
    `${demo.expected.result}, ${demo.expected.users} for all`,
    `${seen.result}, ${seen.users} for all`,
    `${seen.largestWeight} % (${demo.expected.largestWeight} %)`,
    `${seen.seconds.toFixed(0)} s`,
    String(seen.foreignErrors),
    seen.problems.length === 0 ? 'ok' : 'differs',
  ])
  return table(headings, rows)
}
