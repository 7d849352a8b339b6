import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)))

const schema = z.object({
  /** Folder of the sandbox: state, logs, pid records. */
  state: z.string(),
  /** Path of a kubeconfig file of a cluster administrator. */
  kubeconfig: z.string(),
  /** http://127.0.0.1:PORT of the ingress gateway. */
  gateway: z.string(),
  /** URL of Prometheus. */
  prometheus: z.string(),
  /** host:port of Temporal's gRPC frontend. */
  temporal: z.string(),
  /** URL of Temporal's web interface. */
  temporalUi: z.string(),
  /** URL of istiod's debug and metrics endpoints. */
  istiod: z.string(),
  /** host:port where istiod serves xDS without TLS. */
  istiodXds: z.string(),
  /** URL of the gateway's admin interface. */
  envoyAdmin: z.string(),
  /** Path of the Envoy program, for the sidecars. */
  envoyBinary: z.string(),
  /** Path of the API server's audit log: JSON lines, level Metadata. */
  auditLog: z.string(),
})

/** Where the parts of a running sandbox are. */
export type SandboxEnv = z.infer<typeof schema>

/** The sandbox's folder: the argument, else SLUICE_SANDBOX, else `.sandbox` in the project. */
export function stateDirectory(state?: string): string {
  return resolve(state ?? process.env['SLUICE_SANDBOX'] ?? join(projectRoot, '.sandbox'))
}

export function envPath(stateDir: string): string {
  return join(stateDir, 'env.json')
}

/** Where to register further scrape targets: files `*.json` in Prometheus' file_sd format. */
export function targetsDirectory(stateDir: string): string {
  return join(stateDir, 'targets')
}

/** Where the demo apps of a namespace are told how to behave while they run. */
export function behaviourFile(stateDir: string, namespace: string): string {
  return join(behaviourDirectory(stateDir), `${namespace}.json`)
}

export function behaviourDirectory(stateDir: string): string {
  return join(stateDir, 'behaviour')
}

/**
 * Reads the endpoints of the sandbox.
 * @param state folder of the sandbox; see {@link stateDirectory}
 * @throws Error when there is no sandbox, or its env.json is of another version of this program
 */
export function readEnv(state?: string): SandboxEnv {
  return readEnvFile(envPath(stateDirectory(state)))
}

/** As {@link readEnv}, for a known path. */
export function readEnvFile(path: string): SandboxEnv {
  return schema.parse(JSON.parse(readText(path)))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`there is no sandbox at ${dirname(path)}: start it with "npm run sandbox -- up"`, {
      cause: error,
    })
  }
}
