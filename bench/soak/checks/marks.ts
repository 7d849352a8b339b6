import type { Mark } from '../../../src/core/traffic/mark.ts'
import { isRoute, markIn, ownWrite } from './scene.ts'
import type { Check, OwnWrite } from './scene.ts'

/** The fence: no write of ours replaces the mark of a later action. */
export function sequencesRise(): Check {
  return {
    claim: '11: sequences in our marks never fall',
    see(change, scene) {
      const write = ownWrite(change, scene)
      const [was, is] = [markIn(write?.before), markIn(write?.after)]
      if (!write || !was || !is || was.uid !== is.uid || is.seq >= was.seq) return []
      return [`${write.after.kind} ${change.name} went from sequence ${was.seq} to ${is.seq}`]
    },
  }
}

/** What failed or was aborted gets no weight again. */
export function haltedStays(): Check {
  const halted = new Set<string>()
  return {
    claim: '11: a halted release is never raised again by us',
    see(change, scene) {
      const write = ownWrite(change, scene)
      if (!write || !isRoute(write)) return []
      const mark = markIn(write.after)
      if (!mark) return []
      const key = `${mark.uid}/${mark.release}`
      const problems = halted.has(key) && isRaised(write, mark) ? [raisedText(write, mark)] : []
      if (mark.halted) halted.add(key)
      return problems
    },
  }
}

function isRaised({ before }: OwnWrite, mark: Mark): boolean {
  return (mark.weight ?? 0) > (markIn(before)?.weight ?? 0)
}

function raisedText({ change }: OwnWrite, { release, weight }: Mark): string {
  return `release ${release} was halted, and ${change.name} gives it ${weight} % again`
}
