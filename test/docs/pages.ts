import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../sandbox/env.ts'

/** Text of a file of the project. */
export function readPage(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}

/** Paths of all pages that people read. */
export function pages(): readonly string[] {
  return globSync(['*.md', 'deploy/**/*.md', 'docs/**/*.md'], { cwd: projectRoot }).toSorted()
}

/** Rows of the first table below a heading, header left out; cells as text, backticks removed. */
export function tableBelow(page: string, heading: string): readonly (readonly string[])[] {
  const start = page.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`the page has no heading "${heading}"`)
  const lines = page.slice(start + heading.length + 2).split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const rest = lines.slice(first + 2)
  const end = rest.findIndex((line) => !line.startsWith('|'))
  return rest.slice(0, end < 0 ? undefined : end).map(cellsOf)
}

function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.replaceAll('`', '').trim())
}

/** Words between backticks. */
export function codesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '')
}
