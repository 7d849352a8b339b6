import { readFileSync } from 'node:fs'

/** A line of Sluice's log. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly message: string
  /** `namespace/name` of the Rollout that it is about. */
  readonly rollout?: string
  /** Sequence of the release's action. */
  readonly seq?: number
  readonly afterMs?: number
}

/** Reads Sluice's log; lines that are not its own, such as a crash of Node.js, are left out. */
export function readSluiceLog(file: string): LogLine[] {
  return parseSluiceLog(readFileSync(file, 'utf8'))
}

export function parseSluiceLog(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => {
      const { time, msg, ...fields } = JSON.parse(line) as { time: string; msg: string } & Partial<LogLine>
      return { ...fields, at: Date.parse(time), message: msg }
    })
}
