import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

// The programs ask for "node", which may be an old one; this process runs on a good one.
const PATH = [join(root, 'node_modules', '.bin'), dirname(process.execPath), process.env['PATH']].join(
  delimiter,
)

/**
 * Runs a program of node_modules, or of PATH, in the root of the repository; its output goes where ours goes.
 * @returns its exit status; 130 when a signal ended it
 */
export async function runProgram([program = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH } })
  // Ctrl-C reaches the child by itself; it needs the time to take its sandbox down, so we outlive it.
  const ignore = () => undefined
  const forward = () => child.kill('SIGTERM')
  process.on('SIGINT', ignore).on('SIGTERM', forward)
  try {
    const [status] = (await once(child, 'exit')) as [number | null]
    return status ?? 130
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', forward)
  }
}
