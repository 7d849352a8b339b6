import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface RunOptions {
  cwd?: string
  env?: Record<string, string>
  /** Called with each line of stdout and stderr as it comes. */
  onLine?: (line: string) => void
}

/** A program that is needed is not installed. */
export class MissingProgramError extends Error {
  override name = 'MissingProgramError'
}

const toldLines = 15

/**
 * Runs a program to its end.
 * @returns the lines of its standard output
 * @throws MissingProgramError when it is not installed; Error with its last lines when it fails
 */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string[]> {
  const { cwd, env, onLine } = options
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  const output: string[] = []
  const recent: string[] = []
  const take = (line: string): void => {
    recent.push(line)
    if (recent.length > toldLines) recent.shift()
    onLine?.(line)
  }
  const [code] = await Promise.all([
    exitOf(child, command),
    eachLine(child.stdout, (line) => {
      output.push(line)
      take(line)
    }),
    eachLine(child.stderr, take),
  ])
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} failed:\n${recent.join('\n')}`)
  return output
}

function exitOf(child: ReturnType<typeof spawn>, command: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', (error) => reject(asMissing(error, command)))
  })
}

function asMissing(error: Error, command: string): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error
  return new MissingProgramError(`${command} is not installed`, { cause: error })
}

async function eachLine(stream: Readable, take: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) take(line)
}
