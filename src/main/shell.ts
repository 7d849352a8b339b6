import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import picocolors from 'picocolors'
import type { Shell } from '../cli/shell.ts'

/** The process as its commands see it. */
export function processShell(): Shell {
  const { stdout } = process
  stdout.on('error', leaveQuietly)
  return {
    // Reading --help need not wait for a Kubernetes client to load.
    open: async (options) => (await import('../cli/context.ts')).openCluster(options),
    metrics: async (url) => (await import('./metrics.ts')).openMetrics(url, process.env),
    archive: async (address) => (await import('./archive.ts')).openArchive(address, process.env),
    input: async () => textOf(process.stdin),
    output: stdout,
    color: stdout.isTTY && picocolors.isColorSupported,
    note: (line) => console.error(line),
    confirm,
    now: () => Date.now(),
    sleep: async (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    interruption,
    exit: (code) => {
      process.exitCode = code
    },
  }
}

/** The question goes beside the results, so that these may be read by another program. */
async function confirm(question: string): Promise<boolean | undefined> {
  const { stdin: input, stderr: output } = process
  if (!input.isTTY || !output.isTTY) return undefined
  const asking = createInterface({ input, output })
  // Ctrl-C at a question means no.
  const answer = await Promise.race([
    asking.question(`${question} [y/N] `),
    new Promise<string>((resolve) => asking.once('close', () => resolve(''))),
  ])
  asking.close()
  return /^y(es)?$/i.test(answer.trim())
}

/** Whoever read the output has seen enough, as in `sluice watch reviews | head`. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
}

const INTERRUPTED = 130

/** The listener stays: libraries that restore the cursor end the process at once when they are the only ones to listen. */
function interruption(): AbortSignal {
  const interrupted = new AbortController()
  const interrupt = () => {
    if (interrupted.signal.aborted) process.exit(INTERRUPTED)
    interrupted.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
  return interrupted.signal
}

/** Version of this program, from the package that it is part of. */
export function versionOfPackage(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
