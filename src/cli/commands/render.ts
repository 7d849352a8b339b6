import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import type { Command } from '@commander-js/extra-typings'
import { keyOf } from '../../api/names.ts'
import { rehearse, rehearseRollback } from '../../core/traffic/rehearsal.ts'
import type { Moment, Rehearsal } from '../../core/traffic/rehearsal.ts'
import type { DestinationRule, VirtualService } from '../../core/traffic/types.ts'
import { examine, listed } from '../checking/examine.ts'
import type { Examined, Foreseen } from '../checking/examine.ts'
import { load } from '../checking/load.ts'
import type { FileOptions, Loaded } from '../checking/load.ts'
import { CLUSTER, CONTEXT, FILE_NAMESPACE, KUBECONFIG, RECURSIVE } from '../options.ts'
import type { Shell } from '../shell.ts'
import { diffLines, headingOf, yamlLines } from '../view/moments.ts'
import { paintOf } from '../view/paint.ts'
import { remarkLine } from '../view/remarks.ts'

const HELP = `
Shows what the controller will write into VirtualServices and DestinationRule,
by its own code: at every step, at the end, and at a rollback. Each diff is
against the objects as they are before the release. Nothing is ever written.

Exit codes:
  0  rendered, or users have the version already
  1  the release would be refused; what is wrong is said
  3  it could not be rendered: an object is not in the files, or cannot be read

Examples:
  sluice render rollout.yaml mesh.yaml
  sluice render rollout.yaml --cluster --step 1
  kustomize build . | sluice render - -o yaml`

const PLACEHOLDERS = 'In the marks, sequences are placeholders, and so is a uid that no cluster gave.'

interface Options extends FileOptions {
  readonly from?: string | undefined
  readonly step?: number | undefined
  readonly marks?: true | undefined
  readonly output: 'diff' | 'yaml'
}

/** Adds `sluice render`. */
export function addRender(program: Command, shell: Shell): void {
  program
    .command('render')
    .summary('show what a release will write, step by step')
    .description('Show what a release will write at every step, at its end, and at a rollback.')
    .argument('<files...>', 'files, folders, or - for the standard input')
    .addOption(CLUSTER)
    .option('--from <version>', 'the version that users have, if no route tells')
    .option('--step <number>', 'only this step', stepNumber)
    .option('--marks', 'also the annotations in which Sluice notes whose release it is')
    .addOption(RECURSIVE)
    .addOption(FILE_NAMESPACE)
    .addOption(
      new Option('-o, --output <format>', 'differences, or the whole objects')
        .choices(['diff', 'yaml'] as const)
        .default('diff' as const),
    )
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText('after', HELP)
    .action(async (files, options) => {
      const loaded = await load(shell, files, options)
      const rendered: Rendered[] = [{ ...problemsOf(shell, loaded), code: loaded.remarks.length > 0 ? 1 : 0 }]
      for (const candidate of loaded.candidates) {
        const examined = await examine(candidate, { ...loaded, from: options.from })
        rendered.push(await render(shell, examined, loaded, options))
      }
      write(shell, rendered, [...loaded.notes, ...loaded.around.notes])
    })
}

/** What came of a Rollout. */
interface Rendered {
  readonly code: 0 | 1 | 3
  readonly lines?: readonly string[]
  readonly note?: string
}

function write(shell: Shell, rendered: readonly Rendered[], others: readonly string[]): void {
  const blocks = rendered.flatMap(({ lines = [] }) => (lines.length === 0 ? [] : [lines.join('\n')]))
  if (blocks.length > 0) shell.output.write(`${blocks.join('\n\n')}\n`)
  for (const note of new Set([...rendered.flatMap((one) => one.note ?? []), ...others])) shell.note(note)
  shell.exit(Math.max(...rendered.map(({ code }) => code)))
}

function stepNumber(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('It must be the number of a step, from 1.')
  return Number(text)
}

function problemsOf({ color }: Shell, { remarks }: Pick<Examined, 'remarks'>): { lines: string[] } {
  const problems = remarks.filter(({ severity }) => severity === 'problem')
  return { lines: problems.map((problem) => remarkLine(problem, paintOf(color))) }
}

/** Renders one Rollout, or says why not. */
async function render(
  shell: Shell,
  examined: Examined,
  { around }: Loaded,
  options: Options,
): Promise<Rendered> {
  const { candidate, foreseen } = examined
  const problems = problemsOf(shell, examined)
  if (problems.lines.length > 0 || foreseen === undefined) return { code: 1, ...problems }
  const key = keyOf(candidate)
  const { clearance, spec } = foreseen
  if (clearance?.kind === 'Unneeded') {
    return { code: 0, note: `${key}: users have ${spec.version} already, so nothing will be written` }
  }
  if (clearance?.kind !== 'Cleared') return { code: 3, note: `${key}: ${whyNot(foreseen)}` }
  const stable = clearance.stable.version
  if (options.from !== undefined && stable !== options.from) {
    return { code: 3, note: `${key}: users have ${stable}, as the route tells, and not ${options.from}` }
  }
  const { namespace } = foreseen.rollout.meta
  const others = (await around.list('VirtualService', namespace)) as unknown as VirtualService[]
  return show(shell, rehearsalOf(foreseen, clearance, others), options)
}

function whyNot({ clearance, missing }: Foreseen): string {
  if (clearance?.kind === 'Leftover')
    return `a release of ${clearance.canary.version} is under way; the next can be rendered when it has ended`
  const objects = missing.filter((name) => /^(VirtualService|DestinationRule) /.test(name))
  const [verb, them] = objects.length > 1 ? ['are', 'them'] : ['is', 'it']
  return `cannot be rendered: ${listed(objects)} ${verb} not in these files; add ${them} or use --cluster`
}

function rehearsalOf(
  { scene, templateHash }: Foreseen,
  cleared: Rehearsal['cleared'],
  all: readonly VirtualService[],
): Rehearsal {
  const virtualServices = scene.virtualServices.filter((object) => object !== undefined)
  const own = new Set(virtualServices.map(({ metadata }) => keyOf(metadata)))
  return {
    rollout: scene.rollout,
    plan: scene.plan,
    version: scene.version,
    templateHash,
    cleared,
    // Preflight has cleared none without.
    before: { virtualServices, destinationRule: scene.destinationRule as DestinationRule },
    others: all.filter(({ metadata }) => !own.has(keyOf(metadata))),
  }
}

function show({ color }: Shell, rehearsal: Rehearsal, { step, marks, output }: Options): Rendered {
  const moments = momentsOf(rehearsal, step)
  if (moments.length === 0) {
    const count = stepCount(rehearsal)
    return {
      code: 3,
      note: `${keyOf(rehearsal.rollout)}: there is no step ${step}; the release has ${count}`,
    }
  }
  const options = { paint: paintOf(color), marks: marks === true }
  const lines =
    output === 'yaml'
      ? yamlLines(rehearsal, moments, options)
      : [headingOf(rehearsal, options.paint), ...diffLines(rehearsal, moments, options)]
  return { code: 0, lines, ...(options.marks && { note: PLACEHOLDERS }) }
}

/** All of a release that passes, and of one whose last step fails; or one step alone. */
function momentsOf(rehearsal: Rehearsal, step: number | undefined): Moment[] {
  const passing = rehearse(rehearsal)
  if (step !== undefined) return passing.filter((one) => one.phase === 'Raising' && one.step === step - 1)
  return [...passing, ...rehearseRollback(rehearsal, rehearsal.plan.steps.length - 1)]
}

function stepCount({ plan, cleared }: Rehearsal): string {
  return cleared.adopt ? 'none: it gives all requests at once' : String(plan.steps.length)
}
