import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import { apply } from '../../activities/apply.ts'
import { clearFaults } from '../../activities/faults/clear.ts'
import { foreignFaults, removeForeign } from '../../core/faults/foreign.ts'
import type { FoundFault } from '../../core/faults/found.ts'
import { trackerOf } from '../../core/policy/tracking.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import { tracesOf } from '../manifests/views.ts'
import type { Cluster, Shell } from '../shell.ts'
import { foreignOwnerText, ownerText } from '../view/faults.ts'
import { plain } from '../view/text.ts'
import { surveyOf, virtualServicesOf } from './survey.ts'
import type { Survey } from './survey.ts'

export interface ClearRequest {
  /** `[namespace/]virtualservice`. */
  readonly name: string
  /** Somebody has said yes to all questions. */
  readonly yes: boolean
  /** Also what somebody keeps. */
  readonly force: boolean
}

interface Place extends ObjectRef {
  readonly kind: 'VirtualService'
}

/**
 * Takes the faults out of a VirtualService: ours at once, others when somebody says so. True when none is left. Throws when
 * there is no such VirtualService, the cluster does not answer, or refuses.
 */
export async function clearIn(shell: Shell, cluster: Cluster, request: ClearRequest): Promise<boolean> {
  const place = placeOf(request.name, cluster.namespace)
  const object = (await cluster.mesh.read(place, 'Fresh')) as VirtualService | undefined
  if (object === undefined) throw new Error(await missingText(cluster, place))
  const survey = surveyOf([object])
  if (survey.faults.length + survey.orphans.length === 0) {
    shell.note(`There are no faults in VirtualService ${keyOf(place)}.`)
    return true
  }
  await clearOwn(shell, cluster, place, survey)
  await clearForeign(shell, cluster, object, request)
  return isClear(cluster, place)
}

async function isClear({ mesh }: Cluster, place: Place): Promise<boolean> {
  const object = (await mesh.read(place, 'Fresh')) as VirtualService | undefined
  const { faults, orphans } = surveyOf(object === undefined ? [] : [object])
  return faults.length + orphans.length === 0
}

function placeOf(name: string, namespace: string): Place {
  const [first = '', second, ...more] = name.split('/')
  if (first === '' || second === '' || more.length > 0)
    throw new Error(`"${name}" is not of the form [namespace/]virtualservice, as "sluice faults" shows both`)
  const ref = second === undefined ? { namespace, name: first } : { namespace: first, name: second }
  return { kind: 'VirtualService', ...ref }
}

/** Who just saw the list may have overlooked the namespace in it. */
async function missingText(cluster: Cluster, { namespace, name }: Place): Promise<string> {
  const all = surveyOf(await virtualServicesOf(cluster, undefined, () => undefined))
  const elsewhere = [...all.faults, ...all.orphans].filter(({ virtualService }) => virtualService === name)
  const others = [...new Set(elsewhere.map((one) => `${one.namespace}/${one.virtualService}`))]
  const remedy =
    others.length > 0 ? `do you mean ${others.join(' or ')}?` : '"sluice faults" lists what stands where'
  return `no VirtualService ${name} in namespace ${namespace}; ${remedy}`
}

async function clearOwn(shell: Shell, cluster: Cluster, place: Place, survey: Survey): Promise<void> {
  const own = survey.faults.filter(({ record }) => record !== undefined)
  const orphans = survey.orphans.flatMap(({ routes }) => routes)
  if (own.length + orphans.length === 0) return
  const applied = await clearFaults(cluster, place, () => true)
  // The controller, which watches expiry, may have been faster.
  const verb = applied === 'Written' ? 'taken out' : 'gone meanwhile'
  for (const fault of own) say(shell, `${verb}: ${ownText(fault)}`)
  for (const route of orphans) say(shell, `${verb}: route ${route}, of Sluice, without record`)
}

function ownText({ does, record }: FoundFault): string {
  return record === undefined ? does : `${does} for ${record.host}, of ${ownerText(record)}: ${record.reason}`
}

function foreignText({ does, routes, setBy }: FoundFault): string {
  return `${does} in route ${routes.join(', ')}, of ${foreignOwnerText(setBy)}`
}

async function clearForeign(
  shell: Shell,
  cluster: Cluster,
  object: VirtualService,
  { yes, force }: ClearRequest,
): Promise<void> {
  const foreign = surveyOf([object]).faults.filter(({ record }) => record === undefined)
  const kept = force ? [] : foreign.filter(({ keptBecause }) => keptBecause !== undefined)
  for (const fault of kept)
    say(
      shell,
      `left: ${foreignText(fault)}, which is kept: "${fault.keptBecause}"; --force takes it out, too`,
    )
  const wanted = foreign.filter((fault) => !kept.includes(fault))
  if (wanted.length === 0) return
  if (await isConfirmed(shell, object, wanted, yes)) await takeOut(shell, cluster, object, wanted)
}

async function isConfirmed(
  shell: Shell,
  { metadata }: VirtualService,
  wanted: readonly FoundFault[],
  yes: boolean,
): Promise<boolean> {
  if (yes) return true
  shell.note(`Not of Sluice, in VirtualService ${keyOf(metadata)}:`)
  for (const fault of wanted) shell.note(`  ${plain(foreignText(fault))}`)
  const answer = await shell.confirm('Take out the field "fault" of these routes?')
  if (answer === undefined) shell.note('left: nobody can be asked here; --yes takes them out')
  else if (!answer) shell.note('left')
  return answer === true
}

async function takeOut(
  shell: Shell,
  cluster: Cluster,
  object: VirtualService,
  wanted: readonly FoundFault[],
): Promise<void> {
  const { namespace, name } = object.metadata
  const place: Place = { kind: 'VirtualService', namespace, name }
  const applied = await apply(cluster.mesh, place, removeForeign(idsOf(object, wanted)))
  const verb = applied === 'Written' ? 'taken out' : 'gone or changed meanwhile'
  for (const fault of wanted) say(shell, `${verb}: ${foreignText(fault)}`)
  const tracker = trackerOf(tracesOf(object))
  if (tracker !== undefined)
    shell.note(
      `${tracker} keeps this VirtualService, and may bring a fault back: take it out of the source, too`,
    )
}

function idsOf(object: VirtualService, wanted: readonly FoundFault[]): ReadonlySet<string> {
  const routes = new Set(wanted.flatMap((fault) => fault.routes))
  return new Set(foreignFaults(object).flatMap(({ route, id }) => (routes.has(route) ? [id] : [])))
}

function say({ output }: Shell, line: string): void {
  output.write(`${plain(line)}\n`)
}
