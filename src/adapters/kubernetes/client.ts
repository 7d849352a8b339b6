import { ApiException, CoreV1Api, CustomObjectsApi, KubeConfig, Watch } from '@kubernetes/client-node'
import { ConflictError, RefusedError } from '../../ports.ts'

/** The API groups that Sluice talks to, over one configuration. */
export interface KubernetesClient {
  readonly config: KubeConfig
  readonly core: CoreV1Api
  readonly custom: CustomObjectsApi
  readonly watch: Watch
}

type RequestContext = Parameters<KubeConfig['applySecurityAuthentication']>[0]

/**
 * A KubeConfig whose requests share their connections. The library's own makes a new dispatcher, and with it a new TLS
 * connection, for every request as soon as the cluster has a certificate authority.
 */
class PooledKubeConfig extends KubeConfig {
  /** Neither a file nor a Pod's ServiceAccount was found. */
  isMissing = false
  #dispatcher: ReturnType<RequestContext['getDispatcher']>

  /** The library's last resort is a guess, `http://localhost:8080`, which would hide what is wrong. */
  override loadFromClusterAndUser(): void {
    this.isMissing = true
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context)
    this.#dispatcher ??= context.getDispatcher()
    if (this.#dispatcher) context.setDispatcher(this.#dispatcher)
  }
}

/**
 * A client for the cluster that `kubeconfig` names (path of a file); absent: the usual places, such as KUBECONFIG and the
 * Pod's own ServiceAccount. Throws an Error when there is none, it cannot be read, or it has no such context.
 * @param context one of the kubeconfig; absent: its current one
 */
export function kubernetesClient(kubeconfig?: string, context?: string): KubernetesClient {
  const config = new PooledKubeConfig()
  load(config, kubeconfig)
  if (context !== undefined) chooseContext(config, context)
  demandCluster(config, kubeconfig ?? 'the kubeconfig')
  return {
    config,
    core: config.makeApiClient(CoreV1Api),
    custom: config.makeApiClient(CustomObjectsApi),
    watch: new Watch(config),
  }
}

function load(config: PooledKubeConfig, file: string | undefined): void {
  try {
    if (file === undefined) config.loadFromDefault()
    else config.loadFromFile(file)
  } catch (error) {
    // What is wrong with the YAML goes on with a picture of it.
    const [problem] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Error(`${file ?? 'the kubeconfig'} cannot be read: ${problem}`, { cause: error })
  }
  if (config.isMissing) throw new Error('no kubeconfig found: set KUBECONFIG or --kubeconfig')
}

function chooseContext(config: KubeConfig, name: string): void {
  if (config.getContextObject(name) === null) {
    const names = config.getContexts().map((context) => context.name)
    throw new Error(`the kubeconfig has no context "${name}"; there are: ${names.join(', ') || 'none'}`)
  }
  config.setCurrentContext(name)
}

/** A file may be readable and yet lead nowhere. */
function demandCluster(config: KubeConfig, name: string): void {
  if (config.getCurrentCluster() !== null) return
  const contexts = config.getContexts()
  const current = config.getContextObject(config.getCurrentContext())
  if (contexts.length === 0) throw new Error(`${name} is no kubeconfig: it has no contexts`)
  if (current === null) {
    const names = contexts.map((context) => context.name).join(', ')
    throw new Error(`${name} has no current context; choose one of: ${names}`)
  }
  throw new Error(`${name} lacks the cluster "${current.cluster}" of its context "${current.name}"`)
}

/** HTTP status of an error of the API server; undefined for any other error. */
export function statusOfError(error: unknown): number | undefined {
  if (error instanceof ApiException) return error.code
  // A watch that was refused has only that.
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' ? status : undefined
}

/** An error in one line: the API server's own sentence, or what lies behind an error such as "fetch failed". */
export function problemOf(error: unknown): string {
  const { message, cause } = readable(error)
  if (statusOfError(cause) !== undefined || !(cause instanceof Error)) return message
  // Of several addresses that were tried in vain, none is named in the message.
  return cause.message || ('code' in cause ? String(cause.code) : message)
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

/** What etcd says of an object that it does not take; the API server calls it an error of its own. */
const TOO_LARGE = 'etcdserver: request is too large'

/** The API server's own sentence instead of a dump of headers. */
export function readable(error: unknown): Error {
  const status = statusOfError(error)
  if (status === undefined) return error instanceof Error ? error : new Error(String(error))
  const message = `the API server answered ${status}: ${messageOf(error)}`
  return REFUSALS.has(status) || message.includes(TOO_LARGE)
    ? new RefusedError(message, { cause: error })
    : new Error(message, { cause: error })
}

function messageOf(error: unknown): string {
  if (!(error instanceof ApiException)) return error instanceof Error ? error.message : String(error)
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
