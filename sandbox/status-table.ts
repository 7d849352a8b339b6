import { formatElapsed } from './progress.ts'
import type { ProcessStatus, SandboxStatus } from './status.ts'

const header = ['NAME', 'STATE', 'PID', 'UP', 'MEMORY', 'ENDPOINT']

/**
 * The status as a table for people.
 * @param now milliseconds since 1970
 */
export function statusTable({ parts, others }: SandboxStatus, now: number): string {
  const rows = [header, ...[...parts, ...others].map((process) => row(process, now))]
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  const lines = rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return lines.map((line) => line.trimEnd()).join('\n')
}

function row(
  { name, state, pid, since, memoryBytes, endpoint, reason }: ProcessStatus,
  now: number,
): string[] {
  return [
    name,
    state,
    pid === undefined ? '-' : String(pid),
    since === undefined ? '-' : formatElapsed(now - Date.parse(since)),
    memoryBytes === undefined ? '-' : `${Math.round(memoryBytes / 1024 / 1024)} MiB`,
    reason ?? endpoint ?? '',
  ]
}
