import { createLogUpdate } from 'log-update'
import colors from 'picocolors'

/** Something that takes a while. Exactly one of `done` and `fail` ends it. */
export interface Task {
  update: (text: string) => void
  done: (text: string) => void
  fail: (text: string) => void
}

/** Tells people what is going on. */
export interface Progress {
  task(title: string): Task
  line(text: string): void
  /** Stops drawing; to be called at the end. */
  close(): void
}

/** Says nothing, for programs that use the sandbox. */
export const silent: Progress = {
  task: () => ({ update: () => undefined, done: () => undefined, fail: () => undefined }),
  line: () => undefined,
  close: () => undefined,
}

/** A live view on a terminal, else one line an event, so that a log of CI stays readable. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const isLive = stream.isTTY && stream.columns > 0 // some terminals of CI say they have no width
  return isLive ? liveProgress(stream) : plainProgress((text) => stream.write(`${text}\n`))
}

/** Does a piece of work as a task; its result is what is said at the end. */
export async function reported(
  progress: Progress,
  title: string,
  work: (task: Task) => Promise<string>,
): Promise<void> {
  const task = progress.task(title)
  try {
    task.done(await work(task))
  } catch (error) {
    task.fail('failed')
    throw error
  }
}

const repeatMs = 10_000

/** Writes a line when a task ends, and one every 10 s while it lasts. */
export function plainProgress(write: (line: string) => void): Progress {
  return {
    task(title) {
      const start = performance.now()
      let last = ''
      const tell = (mark: string, text: string): void => {
        write(`${mark} ${describe(title, text, performance.now() - start)}`)
      }
      const timer = setInterval(() => tell('  ', last), repeatMs)
      const end = (mark: string, text: string): void => {
        clearInterval(timer)
        tell(mark, text)
      }
      return {
        update: (text) => void (last = text),
        done: (text) => end('ok', text),
        fail: (text) => end('!!', text),
      }
    },
    line: write,
    close: () => undefined,
  }
}

interface Running {
  title: string
  text: string
  start: number
}

function liveProgress(stream: NodeJS.WriteStream): Progress {
  const log = createLogUpdate(stream)
  const running = new Set<Running>()
  const draw = (): void => log([...running].map((task) => liveLine(task, stream.columns)).join('\n'))
  const timer = setInterval(draw, 200)
  timer.unref()
  const end = (task: Running, mark: string, text: string): void => {
    running.delete(task)
    log.persist(`${mark} ${describe(task.title, text, performance.now() - task.start)}`)
    draw()
  }
  return {
    task(title) {
      const task = { title, text: '', start: performance.now() }
      running.add(task)
      return {
        update: (text) => void (task.text = text),
        done: (text) => end(task, colors.green('✔'), text),
        fail: (text) => end(task, colors.red('✘'), text),
      }
    },
    line: (text) => log.persist(text),
    close() {
      clearInterval(timer)
      log.clear()
      log.done()
    },
  }
}

function liveLine(task: Running, columns: number): string {
  return `… ${describe(task.title, task.text, performance.now() - task.start)}`.slice(0, columns - 1)
}

function describe(title: string, text: string, elapsedMs: number): string {
  return `${title.padEnd(24)} ${formatElapsed(elapsedMs).padStart(8)}  ${text}`.trimEnd()
}

/** `0.8 s`, `42 s`, `3 min 5 s` */
export function formatElapsed(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
