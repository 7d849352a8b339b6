import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from '../../sandbox/env.ts'

/** What a program left behind. */
export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs the command `sluice` with nothing in its environment but what is given, and waits for its end.
 * @param input what its standard input gives
 */
export async function runSluice(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<Finished> {
  const program = join(projectRoot, 'src/main/sluice.ts')
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { env: { ...env } },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1
        resolve({ code, stdout, stderr })
      },
    )
    child.stdin?.end(input)
  })
}
