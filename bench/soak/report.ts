import { table } from '../../sandbox/load/format.ts'
import type { SoakReport } from './soak.ts'

/** A report as text for people: what was tried, and where something was wrong, its story and its seed. */
export function soakText({ stories, problems, ...report }: SoakReport): string {
  const counts = [...report.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const rows = counts.map(([name, count]) => [name, String(count)])
  const told = [...stories].map(([namespace, lines]) =>
    [`What happened in ${namespace}:`, ...lines].join('\n'),
  )
  const wrong = problems.map(({ namespace, text }) => `WRONG  ${namespace}: ${text}`)
  return [
    table(['TRIED', 'TIMES'], rows),
    `${report.writes.sluice} writes of Sluice and ${report.writes.strangers} of others were checked; ${report.requests} requests, of which ${report.excused} failed`,
    ...told,
    ...(wrong.length > 0 ? [wrong.join('\n')] : []),
    lastLine({ ...report, problems }),
  ].join('\n\n')
}

function lastLine({ seed, releases, problems }: Pick<SoakReport, 'seed' | 'releases' | 'problems'>): string {
  const found = problems.length === 0 ? 'nothing is wrong' : `${problems.length} things are wrong`
  return `seed ${seed}: ${releases} releases, ${found}`
}
