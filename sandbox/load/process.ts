import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadOptions } from './load.ts'
import type { LoadReport } from './report.ts'

/** A load that another process makes; it ends with this process at the latest. */
export interface LoadProcess {
  pid: number
  /** @throws Error when the process has ended */
  snapshot(): Promise<LoadReport>
  /**
   * Sends nothing more, waits for the open requests, reports, and ends the process. A second call returns the same report.
   * @throws Error when the process ended before
   */
  stop(): Promise<LoadReport>
}

/** What the load's process is asked. */
export type Question = 'snapshot' | 'stop'

/** What it answers: first that it has begun, then one report for each question, in order. */
export type Message = { started: true } | { report: LoadReport }

const program = fileURLToPath(new URL('child.ts', import.meta.url))

/**
 * Starts a load in a process of its own, so that a busy event loop here doesn't distort it.
 * @throws Error when the address of the gateway is no URL, or the process can't be started
 */
export async function startLoadProcess(options: LoadOptions): Promise<LoadProcess> {
  if (!URL.canParse(options.url))
    throw new TypeError(`${options.url} is no URL, such as http://127.0.0.1:8080`)
  const child = fork(program, [JSON.stringify(options)], { execArgv: [] })
  await answer(child)
  let last: Promise<unknown> = Promise.resolve()
  const ask = (question: Question): Promise<LoadReport> => {
    const report = last.then(() => askChild(child, question))
    last = report.catch(() => undefined)
    return report
  }
  let stopped: Promise<LoadReport> | undefined
  return {
    pid: child.pid ?? 0,
    snapshot: () => stopped ?? ask('snapshot'),
    stop: () => (stopped ??= ask('stop')),
  }
}

async function askChild(child: ChildProcess, question: Question): Promise<LoadReport> {
  const pending = answer(child)
  // A refused send means that the process is gone, which `answer` reports.
  child.send(question, () => undefined)
  const message = await pending
  if (!('report' in message)) throw new Error('the load generator answered without a report')
  return message.report
}

async function answer(child: ChildProcess): Promise<Message> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(ended(child))
  const settled = new AbortController()
  const { signal } = settled
  const gone = once(child, 'exit', { signal }).then(() => Promise.reject(new Error(ended(child))))
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), gone])) as [Message]
    return message
  } finally {
    gone.catch(() => undefined)
    settled.abort()
  }
}

function ended(child: ChildProcess): string {
  return `the load generator's process has ended (${child.signalCode ?? `exit code ${child.exitCode}`})`
}
