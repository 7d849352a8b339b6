import { createLogUpdate } from 'log-update'
import { columnsOf } from '../shell.ts'
import type { Shell } from '../shell.ts'
import { paintOf } from '../view/paint.ts'
import { renderRollout } from '../view/rollout.ts'
import type { RolloutView } from '../view/rollout.ts'
import { cut, plain } from '../view/text.ts'
import { changeLines, noteLine } from './changes.ts'

/** Where a watched Rollout is shown. */
export interface Screen {
  /** @param problem why this may be out of date */
  show(view: RolloutView, problem: string | undefined): void
  /** Leaves what was shown last, and gives the terminal back. */
  end(): void
}

const REDRAW_MS = 1_000
const WIDEST = 120
const FALLBACK_ROWS = 24

/** A view that is updated in place on a terminal, else a line for each change. */
export function screenOf(shell: Shell): Screen {
  return columnsOf(shell.output) === undefined ? lineScreen(shell) : liveScreen(shell)
}

function lineScreen(shell: Shell): Screen {
  let last: RolloutView | undefined
  let lastProblem: string | undefined
  const print = (line: string) => shell.output.write(`${line}\n`)
  return {
    show: (view, problem) => {
      for (const line of changeLines(last, view, shell.now())) print(line)
      if (problem !== lastProblem) print(noteLine(trying(problem), shell.now()))
      last = view
      lastProblem = problem
    },
    end: () => undefined,
  }
}

/** Times go on between changes, so the view is drawn every second. */
function liveScreen(shell: Shell): Screen {
  const { output, color } = shell
  const live = createLogUpdate(output)
  const paint = paintOf(color)
  let frame: (height: number | undefined) => string[] = () => []
  let footer = ''
  const draw = () => {
    const rows = output.rows > 0 ? output.rows : FALLBACK_ROWS
    live([...frame(rows - 3), '', footer].join('\n'))
  }
  let timer: NodeJS.Timeout | undefined
  return {
    show: (view, problem) => {
      frame = (height) => {
        const width = Math.min(columnsOf(output) ?? WIDEST, WIDEST)
        return renderRollout(view, {
          width,
          color,
          now: shell.now(),
          ...(height !== undefined && { height }),
        })
      }
      const text = problem === undefined ? 'watching; Ctrl-C ends' : plain(trying(problem))
      const brush = problem === undefined ? paint.faint : paint.bad
      footer = brush(cut(text, columnsOf(output) ?? WIDEST))
      timer ??= setInterval(draw, REDRAW_MS)
      draw()
    },
    end: () => {
      clearInterval(timer)
      live.clear()
      live.done()
      const lines = frame(undefined)
      if (lines.length > 0) output.write(`${lines.join('\n')}\n`)
    },
  }
}

function trying(problem: string | undefined): string {
  if (problem === undefined) return 'up to date again'
  return `out of date, trying again: ${problem}`
}
