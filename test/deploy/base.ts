import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { KubernetesObject } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { z } from 'zod'
import { readObjects } from '../../sandbox/cluster/crds.ts'
import { projectRoot } from '../../sandbox/env.ts'

/** Folder of the kustomize base. */
export const baseFolder = join(projectRoot, 'deploy/base')

// A list of files and folders is all that this reader understands: generators and patches need kustomize itself.
const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  resources: z.array(z.string()),
})

/** All objects of deploy/base, in the order of its lists. Throws when it holds more than lists of files and folders. */
export function baseObjects(): readonly KubernetesObject[] {
  return objectsBelow(baseFolder)
}

/** The object of a kind and name. Throws when there is none. */
export function baseObject(kind: string, name = 'sluice'): KubernetesObject {
  const found = baseObjects().find((object) => object.kind === kind && object.metadata?.name === name)
  if (found === undefined) throw new Error(`deploy/base has no ${kind} ${name}`)
  return found
}

/** All objects that a folder lists, and those of folders that it lists. Throws when it holds more than such lists. */
export function objectsBelow(folder: string): readonly KubernetesObject[] {
  const { resources } = kustomization.parse(parse(readFileSync(listIn(folder), 'utf8')))
  return resources.flatMap((entry) => {
    const path = join(folder, entry)
    return statSync(path).isDirectory() ? objectsBelow(path) : readObjects(path)
  })
}

function listIn(folder: string): string {
  const path = ['kustomization.yaml', 'Kustomization'].map((name) => join(folder, name)).find(existsSync)
  if (path === undefined) throw new Error(`${folder} has no kustomization`)
  return path
}
