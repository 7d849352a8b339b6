import { readExisting } from '../existing/record.ts'
import { agent, hasAgent } from './agent.ts'
import { etcd } from './etcd.ts'
import { gateway } from './gateway.ts'
import { istiod } from './istiod.ts'
import { kubeApiserver } from './kube-apiserver.ts'
import { kubeControllerManager } from './kube-controller-manager.ts'
import type { Part } from './part.ts'
import { prometheus } from './prometheus.ts'
import { temporal } from './temporal.ts'

/** All parts, in the order in which people should read them. */
export function allParts(): Part[] {
  const parts = [etcd, kubeApiserver, kubeControllerManager, istiod, gateway, prometheus, temporal]
  return hasAgent() ? [...parts, agent] : parts
}

/** The parts that the sandbox in this folder has: few where the cluster was there before. */
export function partsIn(state: string): Part[] {
  const existing = readExisting(state)
  if (existing === undefined) return allParts()
  return existing.prometheus === undefined ? [prometheus, temporal] : [temporal]
}

/** @throws Error when there is no such part */
export function partNamed(name: string): Part {
  const part = allParts().find((candidate) => candidate.name === name)
  if (part) return part
  const names = allParts().map((candidate) => candidate.name)
  throw new Error(`there is no part "${name}"; the parts are ${names.join(', ')}`)
}
