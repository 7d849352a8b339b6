import { KubeConfig } from '@kubernetes/client-node'

type RequestContext = Parameters<KubeConfig['applySecurityAuthentication']>[0]

/**
 * A KubeConfig whose requests share their connections. The library's own makes a new dispatcher, and with it a new
 * TLS connection, for every request as soon as the cluster has a certificate authority.
 */
class PooledKubeConfig extends KubeConfig {
  #dispatcher: ReturnType<RequestContext['getDispatcher']>

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context)
    this.#dispatcher ??= context.getDispatcher()
    if (this.#dispatcher) context.setDispatcher(this.#dispatcher)
  }
}

/** Reads a kubeconfig file. */
export function loadKubeConfig(path: string): KubeConfig {
  const config = new PooledKubeConfig()
  config.loadFromFile(path)
  return config
}
