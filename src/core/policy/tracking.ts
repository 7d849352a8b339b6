/** Metadata that tells who put an object there. */
export interface Traces {
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly managedFields?: readonly { readonly manager?: string | undefined }[] | undefined
}

/** Tools that bring back what others delete. */
export type Tracker = 'Argo CD' | 'Flux' | 'Helm'

/**
 * The tool that keeps an object, by what only that tool writes. The label `app.kubernetes.io/instance`, by which Argo CD
 * may track, and `app.kubernetes.io/managed-by` are in many charts, and tell nothing alone; Argo CD's field manager does.
 */
export function trackerOf({
  labels = {},
  annotations = {},
  managedFields = [],
}: Traces): Tracker | undefined {
  const names = new Set([...Object.keys(labels), ...Object.keys(annotations)])
  const managers = new Set(managedFields.map(({ manager }) => manager))
  if (ARGO.some((name) => names.has(name)) || managers.has('argocd-controller')) return 'Argo CD'
  if (FLUX.some((name) => names.has(name))) return 'Flux'
  return names.has('meta.helm.sh/release-name') ? 'Helm' : undefined
}

const ARGO = ['argocd.argoproj.io/tracking-id', 'argocd.argoproj.io/instance']
const FLUX = ['kustomize.toolkit.fluxcd.io/name', 'helm.toolkit.fluxcd.io/name']
