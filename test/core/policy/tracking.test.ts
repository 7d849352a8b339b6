import { describe, expect, it } from 'vitest'
import { trackerOf } from '../../../src/core/policy/tracking.ts'

describe('the tool that keeps an object', () => {
  it.each([
    [
      'Argo CD',
      'its annotation',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:a' } },
    ],
    ['Argo CD', 'its own label', { labels: { 'argocd.argoproj.io/instance': 'shop' } }],
    ['Argo CD', 'its field manager', { managedFields: [{ manager: 'argocd-controller' }] }],
    ['Flux', 'the label of a Kustomization', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }],
    [
      'Flux',
      'the label of a HelmRelease, though Helm wrote it',
      {
        labels: { 'helm.toolkit.fluxcd.io/name': 'shop' },
        annotations: { 'meta.helm.sh/release-name': 'shop' },
      },
    ],
    ['Helm', 'its annotation', { annotations: { 'meta.helm.sh/release-name': 'shop' } }],
  ])('is %s, by %s', (tracker, _, traces) => {
    expect(trackerOf(traces)).toBe(tracker)
  })

  it.each([
    ['nothing', {}],
    [
      'labels that charts bring along',
      { labels: { 'app.kubernetes.io/instance': 'shop', 'app.kubernetes.io/managed-by': 'Helm' } },
    ],
    ['somebody who used kubectl', { managedFields: [{ manager: 'kubectl' }] }],
  ])('is not told by %s', (_, traces) => {
    expect(trackerOf(traces)).toBeUndefined()
  })
})
