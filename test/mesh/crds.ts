import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { connect } from './cluster.ts'

const CRD = new URL('../../crds/sluice.dev_rollouts.yaml', import.meta.url)
const DEADLINE_MS = 60_000

/** Installs the CRDs, or brings them up to date, and waits until the API server serves them. */
export async function installCrds(kubeconfig: string): Promise<void> {
  const ask = connect(kubeconfig)
  const manifest = parse(readFileSync(CRD, 'utf8')) as { metadata: { name: string } }
  const applied = await ask({
    method: 'PATCH',
    path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${manifest.metadata.name}?fieldManager=test&force=true`,
    contentType: 'application/apply-patch+yaml',
    body: manifest,
  })
  if (applied.status >= 300) throw new Error(`the CRD was refused: ${applied.body.message}`)
  await untilServed(async () => ask({ method: 'GET', path: '/apis/sluice.dev/v1alpha1/rollouts?limit=1' }))
}

// A new CRD's resources answer 404, then 429 while its storage is made.
async function untilServed(list: () => Promise<{ status: number }>): Promise<void> {
  const end = Date.now() + DEADLINE_MS
  while ((await list()).status !== 200) {
    if (Date.now() > end) throw new Error(`Rollouts were not served within ${DEADLINE_MS / 1000} s`)
    await sleep(100)
  }
}
