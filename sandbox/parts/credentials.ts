import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { dataFolder, local, type Site } from './part.ts'

/** What the API server and its administrator know each other by. Made once for a sandbox. */
export interface Credentials {
  /** Path of the CSV file of static tokens. */
  tokenFile: string
  /** Path of the key that signs tokens of service accounts. */
  serviceAccountKey: string
  /** Path of the certificate that the API server makes for itself at its first start. */
  certificate: string
  /** Path of the key of that certificate. */
  certificateKey: string
}

export function credentials(site: Pick<Site, 'state'>): Credentials {
  const folder = dataFolder(site, 'kube-apiserver')
  return {
    tokenFile: join(folder, 'tokens.csv'),
    serviceAccountKey: join(folder, 'service-account.key'),
    certificate: join(folder, 'apiserver.crt'),
    certificateKey: join(folder, 'apiserver.key'),
  }
}

export function kubeconfigPath(state: string): string {
  return join(state, 'kubeconfig')
}

/** Writes key and token, unless they are there, and the kubeconfig, whose port may have changed. */
export function writeCredentials(site: Site): Credentials {
  const paths = credentials(site)
  if (!existsSync(paths.tokenFile)) {
    writeSecret(paths.tokenFile, `${randomBytes(24).toString('hex')},admin,admin,"system:masters"\n`)
  }
  if (!existsSync(paths.serviceAccountKey)) writeSecret(paths.serviceAccountKey, signingKey())
  writeSecret(kubeconfigPath(site.state), stringify(kubeconfig(site, paths.certificate)))
  return paths
}

export function adminToken(site: Pick<Site, 'state'>): string {
  return readFileSync(credentials(site).tokenFile, 'utf8').split(',')[0] ?? ''
}

function signingKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString()
}

function kubeconfig(site: Site, certificate: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'sandbox',
        cluster: {
          server: `https://${local(site.ports.apiserver)}`,
          'certificate-authority': certificate,
        },
      },
    ],
    users: [{ name: 'admin', user: { token: adminToken(site) } }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'admin', namespace: 'shop' } }],
    'current-context': 'sandbox',
  }
}

function writeSecret(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600 })
}
