import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  Watch,
} from '@kubernetes/client-node'
import { ConflictError, RefusedError } from '../../ports.ts'

/** The API groups that Sluice talks to, over one configuration. */
export interface KubernetesClient {
  readonly config: KubeConfig
  readonly core: CoreV1Api
  readonly apps: AppsV1Api
  readonly custom: CustomObjectsApi
  readonly watch: Watch
}

type RequestContext = Parameters<KubeConfig['applySecurityAuthentication']>[0]

/**
 * A KubeConfig whose requests share their connections. The library's own makes a new dispatcher, and with it a new TLS
 * connection, for every request as soon as the cluster has a certificate authority.
 */
class PooledKubeConfig extends KubeConfig {
  #dispatcher: ReturnType<RequestContext['getDispatcher']>

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context)
    this.#dispatcher ??= context.getDispatcher()
    if (this.#dispatcher) context.setDispatcher(this.#dispatcher)
  }
}

/**
 * A client for the cluster that `kubeconfig` names (path of a file); absent: the usual places, such as KUBECONFIG and the
 * Pod's own ServiceAccount. Throws an Error when the kubeconfig cannot be read or has no such context.
 * @param context one of the kubeconfig; absent: its current one
 */
export function kubernetesClient(kubeconfig?: string, context?: string): KubernetesClient {
  const config = new PooledKubeConfig()
  load(config, kubeconfig)
  if (context !== undefined) chooseContext(config, context)
  return {
    config,
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    custom: config.makeApiClient(CustomObjectsApi),
    watch: new Watch(config),
  }
}

function load(config: KubeConfig, file: string | undefined): void {
  try {
    if (file === undefined) config.loadFromDefault()
    else config.loadFromFile(file)
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new Error(`the kubeconfig cannot be read: ${problem}`, { cause: error })
  }
}

function chooseContext(config: KubeConfig, name: string): void {
  if (config.getContextObject(name) === null) {
    const names = config.getContexts().map((context) => context.name)
    throw new Error(`the kubeconfig has no context "${name}"; there are: ${names.join(', ') || 'none'}`)
  }
  config.setCurrentContext(name)
}

/** HTTP status of an error of the API server; undefined for any other error. */
export function statusOfError(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined
}

/** What a request gave, or undefined when the object is not there. */
export async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (statusOfError(error) === 404) return undefined
    throw readable(error)
  }
}

/** What a write gave, or undefined when the object is gone. Throws a ConflictError when somebody else wrote in between. */
export async function orConflict<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (statusOfError(error) === 404) return undefined
    if (statusOfError(error) === 409) throw new ConflictError(messageOf(error))
    throw readable(error)
  }
}

/** Answers that stay the same until somebody changes a right, a policy or the object. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 422])

/** The API server's own sentence instead of a dump of headers. */
export function readable(error: unknown): Error {
  const status = statusOfError(error)
  if (status === undefined) return error instanceof Error ? error : new Error(String(error))
  const message = `the API server answered ${status}: ${messageOf(error)}`
  return REFUSALS.has(status)
    ? new RefusedError(message, { cause: error })
    : new Error(message, { cause: error })
}

function messageOf(error: unknown): string {
  if (!(error instanceof ApiException)) return String(error)
  const body: unknown = error.body
  const parsed = typeof body === 'string' ? parse(body) : body
  const message = (parsed as { message?: unknown } | undefined)?.message
  // Of an answer without a body only the library's own text is left; it goes on with a dump of headers.
  return typeof message === 'string'
    ? message
    : (/^Message: (.*)$/m.exec(error.message)?.[1] ?? 'no reason given')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { message: text }
  }
}
