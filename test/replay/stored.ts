import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fromFile } from './history-file.ts'
import type { History } from './history-file.ts'
import type { Scenario } from './scenarios/kit.ts'

/** Where histories are kept. */
export const HISTORIES = join(import.meta.dirname, 'histories')

export interface StoredHistory {
  /** Name of the file. */
  readonly file: string
  readonly text: string
  readonly history: History
}

/** All stored histories. */
export function storedHistories(): StoredHistory[] {
  return readdirSync(HISTORIES)
    .toSorted()
    .map((file) => {
      const text = readFileSync(join(HISTORIES, file), 'utf8')
      return { file, text, history: fromFile(text) }
    })
}

/** Files of a scenario: one for each execution, since a workflow may have continued as new. */
export function filesOf({ name }: Scenario): string[] {
  const slug = slugOf(name)
  return readdirSync(HISTORIES).filter((file) => file.startsWith(`${slug}.`))
}

/** Name of a scenario's file. @param execution counted from 1 */
export function fileName({ name }: Scenario, execution: number): string {
  return `${slugOf(name)}.${execution}.json`
}

function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}
