import type { SandboxEnv } from '../../../sandbox/env.ts'

/** A sum over series: their common labels, and what they add up to now. */
export interface Sum {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface Answer {
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] }
}

/** Sums of a PromQL selector by some labels, in the order of these labels' values. */
export async function sumsOf(
  env: Pick<SandboxEnv, 'prometheus'>,
  selector: string,
  by: readonly string[],
): Promise<Sum[]> {
  const query = new URLSearchParams({ query: `sum by (${by.join(',')}) (${selector})` }).toString()
  const answer = await fetch(`${env.prometheus}/api/v1/query?${query}`)
  const { data } = (await answer.json()) as Answer
  const key = ({ labels }: Sum) => by.map((label) => labels[label] ?? '').join(' ')
  return data.result
    .map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}
