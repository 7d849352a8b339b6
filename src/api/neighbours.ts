import { z } from 'zod'
import { problemLines } from './v1alpha1/problems.ts'
import { wording } from './v1alpha1/wording.ts'

/** The fields of other people's objects that Sluice reads, as far as their types go. All else is let pass. */

const texts = z.record(z.string(), z.string()).nullish()

const destination = z.looseObject({
  destination: z.looseObject({ host: z.string(), subset: z.string().optional() }),
  weight: z.int().optional(),
})

const shapes = {
  VirtualService: z.looseObject({
    http: z
      .array(z.looseObject({ name: z.string().optional(), route: z.array(destination).optional() }))
      .optional(),
  }),
  DestinationRule: z.looseObject({
    host: z.string(),
    subsets: z.array(z.looseObject({ name: z.string(), labels: texts })).optional(),
  }),
  Service: z.looseObject({ selector: texts }),
  Workload: z.looseObject({
    template: z.looseObject({ metadata: z.looseObject({ labels: texts }).nullish() }),
  }),
} as const

/** Kinds that Sluice reads; workloads are of many kinds and all look alike. */
export type NeighbourKind = keyof typeof shapes

/** What is wrong with the spec of an object that Sluice reads: a line each, with the field. */
export function neighbourProblems(kind: NeighbourKind, spec: unknown): string[] {
  const result = shapes[kind].safeParse(spec, { error: wording })
  return result.success ? [] : problemLines(result.error.issues, 'spec')
}
