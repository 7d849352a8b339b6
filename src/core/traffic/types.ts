/** The fields of Istio's objects that we touch. All others stay in the objects untouched, known to us or not. */

export interface Metadata {
  readonly name: string
  readonly namespace: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export interface Destination {
  readonly host: string
  readonly subset?: string
  readonly [field: string]: unknown
}

export interface RouteDestination {
  readonly destination: Destination
  readonly weight?: number
  readonly [field: string]: unknown
}

export interface HttpRoute {
  readonly name?: string
  readonly route?: readonly RouteDestination[]
  readonly [field: string]: unknown
}

export interface VirtualService {
  readonly apiVersion: string
  readonly kind: 'VirtualService'
  readonly metadata: Metadata
  readonly spec: { readonly http?: readonly HttpRoute[]; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

export interface Subset {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export interface DestinationRule {
  readonly apiVersion: string
  readonly kind: 'DestinationRule'
  readonly metadata: Metadata
  readonly spec: {
    readonly host: string
    readonly subsets?: readonly Subset[]
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

export type MeshObject = VirtualService | DestinationRule

/** A Kubernetes Service as the mesh names it. */
export interface ServiceHost {
  readonly name: string
  readonly namespace: string
}
