import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argocdPatch } from './argocd.ts'
import { metricTemplateCrdYaml, rolloutCrdYaml } from './crd.ts'
import { metricTemplateReference, rolloutReference } from './reference.ts'

/** A file of the repository whose content follows from the sources. */
export interface GeneratedFile {
  /** Path from the root of the repository. */
  readonly path: string
  readonly content: string
}

/** All generated files, as they should be. */
export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { path: 'crds/sluice.dev_rollouts.yaml', content: rolloutCrdYaml() },
    { path: 'crds/sluice.dev_metrictemplates.yaml', content: metricTemplateCrdYaml() },
    { path: 'docs/reference/metric-template.md', content: metricTemplateReference() },
    { path: 'docs/reference/rollout.md', content: rolloutReference() },
    { path: 'deploy/argocd/argocd-cm.yaml', content: argocdPatch() },
  ]
}

/** Those of the files that are missing below `root`, or differ. */
export function staleFiles(files: readonly GeneratedFile[], root: string): readonly GeneratedFile[] {
  return files.filter(({ path, content }) => {
    const place = join(root, path)
    return !existsSync(place) || readFileSync(place, 'utf8') !== content
  })
}

/** Writes files below `root`. */
export function writeFiles(files: readonly GeneratedFile[], root: string): void {
  for (const { path, content } of files) {
    const place = join(root, path)
    mkdirSync(dirname(place), { recursive: true })
    writeFileSync(place, content)
  }
}
