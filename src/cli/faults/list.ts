import { stringify } from 'yaml'
import type { FoundFault } from '../../core/faults/found.ts'
import type { Cluster, Shell } from '../shell.ts'
import { expiryOf } from '../../core/faults/record.ts'
import { renderFaults } from '../view/faults.ts'
import { surveyOf, virtualServicesOf } from './survey.ts'
import type { Survey } from './survey.ts'

/** Formats other than the short table. */
export const FORMATS = ['wide', 'json', 'yaml'] as const

export interface ListRequest {
  /** Absent: all. */
  readonly namespace: string | undefined
  readonly format: (typeof FORMATS)[number] | undefined
}

/** Writes which faults stand. Throws when the cluster does not answer, or refuses. */
export async function listFaults(
  shell: Shell,
  cluster: Cluster,
  { namespace, format }: ListRequest,
): Promise<void> {
  const survey = surveyOf(await virtualServicesOf(cluster, namespace, (line) => shell.note(line)))
  if (format === 'json' || format === 'yaml') {
    const value = valueOf(survey, shell.now())
    shell.output.write(
      format === 'json' ? `${JSON.stringify(value, undefined, 2)}\n` : stringify(value, YAML),
    )
  } else if (survey.faults.length + survey.orphans.length === 0) {
    shell.note(noneText(survey, namespace))
  } else {
    const options = { wide: format === 'wide', color: shell.color, now: shell.now() }
    shell.output.write(`${renderFaults(survey, options).join('\n')}\n`)
  }
}

/** Quotes what readers of YAML 1.1 would take for a time or a truth value. */
const YAML = { version: '1.1' } as const

function noneText({ looked }: Survey, namespace: string | undefined): string {
  const where = namespace === undefined ? '' : ` of namespace ${namespace}`
  return `There are no faults in ${looked} ${looked === 1 ? 'VirtualService' : 'VirtualServices'}${where}.`
}

function valueOf({ looked, faults, orphans }: Survey, now: number): object {
  return { virtualServices: looked, faults: faults.map((fault) => faultValue(fault, now)), orphans }
}

function faultValue({ record, ...found }: FoundFault, now: number): object {
  if (record === undefined) return { kind: 'Foreign', ...found }
  return { kind: 'Own', ...found, expired: expiryOf(record) <= now, record }
}
