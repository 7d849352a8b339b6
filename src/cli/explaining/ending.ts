import type { ResultEvent } from '../../core/machine/event.ts'
import type { KeptRelease } from '../../ports-views.ts'

/** How a release ended, or where it stands. */
export interface KeptEnding {
  readonly word: string
  /** Undefined while nobody knows. */
  readonly isGood?: boolean
  /** Why, in words. */
  readonly message?: string
}

/** What the last telling result of a release means. */
export function endingOf({ results, isOver }: KeptRelease): KeptEnding {
  const told = results.findLast(isTelling)
  if (told === undefined && results.some(({ type }) => type === 'Lowered'))
    return { word: 'taken back', isGood: false }
  if (told === undefined) return { word: isOver ? 'ended early' : 'under way' }
  const message = 'message' in told && told.message !== undefined ? { message: told.message } : {}
  return { ...ENDINGS[told.type], ...message }
}

const ENDINGS = {
  Promoted: { word: 'promoted', isGood: true },
  Failed: { word: 'rolled back', isGood: false },
  DeadlineExceeded: { word: 'rolled back', isGood: false },
  Overtaken: { word: 'halted', isGood: false },
  TemplateChanged: { word: 'begun anew: the pod template changed', isGood: false },
} as const

type Telling = Extract<ResultEvent, { readonly type: keyof typeof ENDINGS }>

function isTelling(event: ResultEvent): event is Telling {
  return event.type in ENDINGS
}
