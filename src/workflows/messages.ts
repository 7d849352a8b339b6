import { defineQuery, defineSignal } from '@temporalio/workflow'
import type { ReleaseState, Wanted } from '../core/machine/state.ts'

/** The Rollout changed, or somebody wants to be sure that its workflow runs. */
export const wantedSignal = defineSignal<[Wanted]>('wanted')

/** Where the release stands. */
export const stateQuery = defineQuery<ReleaseState>('state')
