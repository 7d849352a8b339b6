import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KubernetesObject, loadYaml, type V1CustomResourceDefinition } from '@kubernetes/client-node'
import { projectRoot } from '../env.ts'

/** The files of Sluice's own definitions. */
export function sluiceCrdFiles(): string[] {
  return globSync(join(projectRoot, 'crds', '*.yaml')).toSorted()
}

/** All objects in a YAML file of several documents, of which some may be empty. */
export function readObjects(path: string): KubernetesObject[] {
  const documents = readFileSync(path, 'utf8').split(/^---.*$/m)
  const withContent = documents.filter((document) => /^\s*[^\s#]/m.test(document))
  // Read by the client's own reader: of a field like x-kubernetes-validations it sends only what stands under the
  // name that it has for it.
  return withContent.map((document) => loadYaml<KubernetesObject>(document))
}

export function isCrd(object: KubernetesObject): object is V1CustomResourceDefinition {
  return object.kind === 'CustomResourceDefinition'
}

/** The API paths at which a definition's objects are listed, one a served version. */
export function listPaths({ spec }: V1CustomResourceDefinition): string[] {
  const served = spec.versions.filter((version) => version.served)
  return served.map((version) => `/apis/${spec.group}/${version.name}/${spec.names.plural}?limit=1`)
}
