/** What tells of the proxies in a pod. */
interface PodTraces {
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly containers?: readonly { readonly name?: string }[] | null | undefined
  readonly initContainers?: readonly { readonly name?: string }[] | null | undefined
}

const SIDECAR_STATUS = 'sidecar.istio.io/status'
const PROXY = 'istio-proxy'

/** Injected proxies are told of by an annotation; those that people write by hand, by the name that Istio knows. */
export function hasProxy({ annotations, containers, initContainers }: PodTraces): boolean {
  const names = [...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name)
  return annotations?.[SIDECAR_STATUS] !== undefined || names.includes(PROXY)
}
