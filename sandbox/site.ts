import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { envPath, type SandboxEnv } from './env.ts'
import { kubeconfigPath } from './parts/credentials.ts'
import { auditLog } from './parts/kube-apiserver.ts'
import { local, type Site, url } from './parts/part.ts'
import { readPorts } from './parts/ports.ts'
import type { Installation } from './tools/install.ts'

/** Held by whoever starts or ends parts. */
export function lockPath(state: string): string {
  return join(state, 'lock')
}

/**
 * The site of the sandbox in this folder.
 * @throws Error when there is none
 */
export function siteAt(state: string): Site {
  const ports = readPorts(state)
  if (ports) return { state, ports }
  throw new Error(`there is no sandbox at ${state}: start it with "npm run sandbox -- up"`)
}

/** Writes env.json and returns its content. */
export function writeEnv({ state, ports }: Site, { programs }: Installation): SandboxEnv {
  const env = {
    state,
    kubeconfig: kubeconfigPath(state),
    gateway: url(ports.gateway),
    prometheus: url(ports.prometheus),
    temporal: local(ports.temporal),
    temporalUi: url(ports.temporalUi),
    istiod: url(ports.istiodHttp),
    istiodXds: local(ports.istiodXds),
    envoyAdmin: url(ports.envoyAdmin),
    envoyBinary: programs.envoy,
    auditLog: auditLog(state),
  }
  writeFileSync(envPath(state), `${JSON.stringify(env, null, 2)}\n`)
  return env
}
