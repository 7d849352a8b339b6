import type { Extent, Outcome, Site } from '../benchmark.ts'
import { inLab } from '../kit/lab.ts'
import { messageOf } from '../run.ts'
import { verdictsOutcome } from './report.ts'
import type { Answer, Asked } from './report.ts'
import { tryOut } from './trial.ts'

/** Services whose releases go on at once, each with its own load. */
const SIDE_BY_SIDE = 4
/** Releases of each kind, unless said otherwise. */
const RELEASES = 20

/** Whether real releases end as they should: ten times the errors of stable, and as many as stable. */
export async function benchVerdicts({ sandbox, task }: Site, { releases }: Extent): Promise<Outcome> {
  const asked = askedFor(releases?.at(-1) ?? RELEASES)
  const env = await sandbox()
  return inLab(env, {}, async () => {
    const answers: Answer[] = []
    const tell = () => task.update(`${answers.length} of ${asked.length} releases are over`)
    tell()
    const queue = asked.values()
    const lane = async () => {
      for (const one of queue) {
        answers.push(await answerTo(one, async () => tryOut(env, one.name, one.kind)))
        tell()
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane))
    return verdictsOutcome(answers, SIDE_BY_SIDE)
  })
}

/** So many releases of each kind, in turns. */
export function askedFor(each: number): Asked[] {
  return Array.from({ length: each }, (_, index): Asked[] => [
    { name: `failing-${index + 1}`, kind: 'Failing' },
    { name: `alike-${index + 1}`, kind: 'Alike' },
  ]).flat()
}

/** One that can't be carried through is wrong, and the others follow. */
async function answerTo(asked: Asked, release: () => Promise<Required<Answer>['trial']>): Promise<Answer> {
  try {
    return { ...asked, trial: await release() }
  } catch (error) {
    return { ...asked, problem: messageOf(error) }
  }
}
