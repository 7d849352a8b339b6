import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adminToken, credentials, writeCredentials } from './credentials.ts'
import { dataFolder, local, logFile, type Part, type Site, url } from './part.ts'
import { probe } from './probe.ts'

/** The benchmark counts requests here: one line each, written when the answer is complete. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
}

export const kubeApiserver: Part = {
  name: 'kube-apiserver',
  ports: ['apiserver'],
  graceMs: 5_000,
  endpoint: ({ ports }) => `https://${local(ports.apiserver)}`,
  launch(site, { programs }) {
    const folder = dataFolder(site, 'kube-apiserver')
    const { tokenFile, serviceAccountKey } = writeCredentials(site)
    const policyFile = join(folder, 'audit-policy.json')
    writeFileSync(policyFile, JSON.stringify(auditPolicy))
    return {
      command: programs['kube-apiserver'],
      args: [
        `--etcd-servers=${url(site.ports.etcd)}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        `--secure-port=${site.ports.apiserver}`,
        `--cert-dir=${folder}`,
        // The address of the Service "kubernetes" would be loopback, which its EndpointSlice refuses.
        '--endpoint-reconciler-type=none',
        '--service-cluster-ip-range=10.96.0.0/16',
        '--authorization-mode=RBAC',
        `--token-auth-file=${tokenFile}`,
        '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
        `--service-account-key-file=${serviceAccountKey}`,
        `--service-account-signing-key-file=${serviceAccountKey}`,
        // It would mount a token into each pod, and no pod here has a file system.
        '--disable-admission-plugins=ServiceAccount',
        `--audit-policy-file=${policyFile}`,
        `--audit-log-path=${auditLog(site.state)}`,
        '--audit-log-maxsize=100',
        '--audit-log-maxbackup=3',
        '--profiling=false',
      ],
    }
  },
  async check(site) {
    await probeApi(site, '/readyz')
  },
}

/**
 * GETs a path of the API as administrator.
 * @throws Error unless the answer is 200
 */
export function probeApi(site: Site, path: string): Promise<string> {
  const ca = readFileSync(credentials(site).certificate, 'utf8')
  return probe(`https://${local(site.ports.apiserver)}${path}`, { ca, token: adminToken(site) })
}

export function auditLog(state: string): string {
  return logFile(state, 'audit')
}
