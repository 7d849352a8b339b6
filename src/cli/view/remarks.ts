import type { Remark } from '../manifests/remarks.ts'
import type { Paint } from './paint.ts'
import { plain } from './text.ts'

/** The field at the beginning of a message. */
const FIELD = /^[^\s:]+(?=: )/

/** A remark in one line, as editors and CI systems understand it: file, line, object, field, what is wrong. */
export function remarkLine({ file, line, severity, object, message }: Remark, paint: Paint): string {
  const brush = severity === 'problem' ? paint.bad : paint.canary
  const place = paint.strong(`${plain(file)}:${line}:`)
  const about = object === undefined ? '' : ` ${plain(object)}:`
  const word = severity === 'problem' ? '' : ` ${brush('warning:')}`
  const said = plain(message).replace(FIELD, (field) => brush(field))
  return `${place}${about}${word} ${said}`
}

/** How many Rollouts were checked, and what came of it, in one line. */
export function summaryLine(rollouts: number, remarks: readonly Remark[], paint: Paint): string {
  const problems = remarks.filter(({ severity }) => severity === 'problem').length
  const warnings = remarks.length - problems
  const found = [
    problems === 0 ? 'no problem' : counted(problems, 'problem'),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
  ]
  const sign = problems === 0 ? paint.good('✔') : paint.bad('✘')
  return `${sign} ${counted(rollouts, 'Rollout')} checked: ${found.join(', ')}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
