import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { remedyFor } from '../../src/core/traffic/remedies.ts'
import type { Contested } from '../../src/core/traffic/remedies.ts'
import { readPage } from './pages.ts'

const guide = readPage('docs/guides/gitops.md')
const blocks = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
  ([, block = '']) => parse(block) as Block,
)

const ROUTE: Contested = { kind: 'VirtualService', namespace: 'shop', name: 'reviews' }
const RULE: Contested = { ...ROUTE, kind: 'DestinationRule' }

/** What a tool reads, as far as this page is about it. */
interface Block {
  readonly kind?: string
  readonly metadata?: { readonly annotations?: unknown }
  readonly spec?: Readonly<Record<string, unknown>>
  readonly diff?: { readonly comparePatches: readonly unknown[] }
}

interface Remedy extends Block {
  readonly ignoreDifferences: readonly unknown[]
  readonly syncPolicy: { readonly syncOptions: readonly string[] }
  readonly driftDetection: { readonly ignore: readonly unknown[] }
}

const printed = (manager: string, object: Contested) => parse(remedyFor(manager, object) ?? '') as Remedy

/** The block of a kind. Throws when the guide has none. */
function shown(kind: string): Block {
  const found = blocks.find((block) => block.kind === kind)
  if (found === undefined) throw new Error(`the guide shows no ${kind}`)
  return found
}

describe('the guide to GitOps shows what Sluice prints', () => {
  it('for Argo CD', () => {
    const [route, rule] = [ROUTE, RULE].map((object) => printed('argocd-controller', object))
    const { ignoreDifferences, syncPolicy } = shown('Application').spec ?? {}
    expect(ignoreDifferences).toEqual([
      ...(route?.ignoreDifferences ?? []),
      ...(rule?.ignoreDifferences ?? []),
    ])
    expect(syncPolicy).toMatchObject(route?.syncPolicy ?? {})
  })

  it('for Flux', () => {
    const { metadata } = printed('kustomize-controller', ROUTE)
    expect(shown('VirtualService').metadata).toMatchObject(metadata ?? {})
  })

  it('for a HelmRelease of Flux', () => {
    const ignored = [ROUTE, RULE].flatMap(
      (object) => printed('helm-controller', object).driftDetection.ignore,
    )
    expect(shown('HelmRelease').spec).toMatchObject({ driftDetection: { ignore: ignored } })
  })

  it('for Fleet', () => {
    const patches = [ROUTE, RULE].flatMap(
      (object) => printed('fleetagent', object).diff?.comparePatches ?? [],
    )
    expect(blocks.flatMap(({ diff }) => diff?.comparePatches ?? [])).toEqual(patches)
  })
})
