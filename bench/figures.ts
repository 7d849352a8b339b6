import { writeFileSync } from 'node:fs'
import type { Outcome } from './benchmark.ts'
import { machine } from './machine.ts'

/** Writes the figures of benchmarks, by name, to a file, over what is there. */
export function writeFigures(file: string, outcomes: ReadonlyMap<string, Outcome>): void {
  const figures = [...outcomes].map(([name, { figures: own, wrong }]) => [name, { ...own, wrong }])
  const content = { machine: machine(), ...Object.fromEntries(figures) }
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`)
}
