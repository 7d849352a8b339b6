import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { GROUP } from '../../src/api/names.ts'

const HEADER = `# Generated from health.lua by "npm run generate"; do not edit.
# A patch of Argo CD's own ConfigMap: README.md beside this file says how to apply it.
`

/** The patch of Argo CD's ConfigMap that brings the health check of Rollouts. */
export function argocdPatch(): string {
  const script = readFileSync(new URL('../../deploy/argocd/health.lua', import.meta.url), 'utf8')
  const patch = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm', namespace: 'argocd' },
    data: { [`resource.customizations.health.${GROUP}_Rollout`]: script },
  }
  return HEADER + stringify(patch, { lineWidth: 0 })
}
