import { foreignErrors } from './report.ts'
import type { ForeignError, LoadReport, Outcome } from './report.ts'

/** One line: what came back since the report before, by version, and all foreign errors since the start. */
export function liveLine(before: LoadReport, now: LoadReport): string {
  const seconds = (now.elapsedMs - before.elapsedMs) / 1000
  const perSecond = seconds > 0 ? Math.round((now.sent - before.sent) / seconds) : 0
  const versions = now.latency.flatMap(({ version, count, p99 }) => {
    const more = count - (before.latency.find((latency) => latency.version === version)?.count ?? 0)
    return more === 0 ? [] : [`${version} ${more} (p99 ${milliseconds(p99)})`]
  })
  const notSent = now.notSent === 0 ? [] : [`not sent ${now.notSent}`]
  return [`${perSecond}/s`, ...versions, `foreign errors ${foreignErrors(now)}`, ...notSent].join('  ')
}

/** The whole report as text for people. */
export function reportText(report: LoadReport): string {
  const outcomes = report.outcomes
    .toSorted((a, b) => b.count - a.count)
    .map((outcome) => [...cells(outcome), String(outcome.count)])
  const latencies = report.latency.map(({ version, count, p50, p99, max }) => {
    return [version, String(count), milliseconds(p50), milliseconds(p99), milliseconds(max)]
  })
  const totals = `${report.sent} sent in ${(report.elapsedMs / 1000).toFixed(1)} s, ${report.notSent} not sent`
  const parts = [totals, table(['ORIGIN', 'VERSION', 'RESULT', 'COUNT'], outcomes)]
  if (latencies.length > 0) parts.push(table(['VERSION', 'COUNT', 'P50', 'P99', 'MAX'], latencies))
  return [...parts, ...report.foreign.map(foreignText)].join('\n\n')
}

/** Columns of text under their headings, separated by two blanks. */
export function table(headings: string[], rows: string[][]): string {
  const lines = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  const pad = (line: string[]) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0))
  return lines.map((line) => pad(line).join('  ').trimEnd()).join('\n')
}

function cells({ origin, version, status, code }: Outcome): string[] {
  return [origin, version ?? '-', String(status ?? code ?? '-')]
}

function foreignText(error: ForeignError): string {
  const { first, last, count } = error
  const title = `${count} x ${error.origin} ${error.status ?? error.code}, first after ${first.atMs} ms, last after ${last.atMs} ms:`
  const headers = Object.entries(last.headers).map(([name, value]) => `${name}: ${value}`)
  return [title, ...[...headers, last.body].map((line) => `  ${line}`)].join('\n')
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}
