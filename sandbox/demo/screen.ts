import { createLogUpdate } from 'log-update'
import colors from 'picocolors'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { renderRollout } from '../../src/cli/view/rollout.ts'
import { liveLine } from '../load/format.ts'
import type { LoadReport } from '../load/index.ts'
import type { Audience } from './demo.ts'
import type { CaseReport } from './judge.ts'
import { endText, staleText } from './report.ts'
import { STALE_CASE } from './stale.ts'
import type { StaleReport } from './stale.ts'

/** Lines below the Rollout, and one to spare: a frame that is too tall loses its title. */
const LINES_OF_LOAD = 3

/** An audience that may go before the end. */
export interface Screen extends Audience {
  /** Shows nothing more: what comes now is no longer the demo's. */
  close(): void
}

/** Shows the demo: live on a terminal, else a line for each change. */
export function createScreen(stream: NodeJS.WriteStream): Screen {
  const audience = stream.isTTY && stream.columns > 0 ? liveScreen(stream) : plainScreen(stream)
  let isOpen = true
  return {
    say: (text) => void (isOpen && audience.say(text)),
    begins: (demo) => void (isOpen && audience.begins(demo)),
    shows: (view, load) => void (isOpen && audience.shows(view, load)),
    ended: (report) => void (isOpen && audience.ended(report)),
    beginsStale: () => void (isOpen && audience.beginsStale()),
    endedStale: (report) => void (isOpen && audience.endedStale(report)),
    close: () => {
      isOpen = false
    },
  }
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
    beginsStale: () => print(`\n${colors.bold(`(${STALE_CASE.id}) ${STALE_CASE.title}`)}`),
    endedStale: (report) => print(staleLine(report)),
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
    beginsStale: () => void print(`\n(${STALE_CASE.id}) ${STALE_CASE.title}`),
    endedStale: (report) => void print(staleLine(report)),
  }
}

/** The weight before the message, which may begin with it itself. */
function lineOf({ weight, message = '' }: RolloutStatus): string {
  const percent = `${weight?.desired ?? 0} %`
  return `${percent.padStart(5)}  ${message.replace(`${percent}: `, '')}`
}

function staleLine(report: StaleReport): string {
  return staleText(report, report.problems.length === 0 ? colors.green('ok') : colors.red('!!'))
}

function endLine(report: CaseReport): string {
  return endText(report, report.problems.length === 0 ? colors.green('ok') : colors.red('!!'))
}
