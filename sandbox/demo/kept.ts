import { join } from 'node:path'
import { projectRoot } from '../env.ts'
import type { SandboxEnv } from '../env.ts'
import { spawnRecorded } from '../supervise/index.ts'

/** Where a demo plays. */
export interface Place {
  readonly namespace: string
  /** Requests a second through the gateway. */
  readonly rate: number
}

/** Goes on with the load after the demo, until the sandbox is taken down. */
export async function keepLoad(env: SandboxEnv, { namespace, rate }: Place): Promise<void> {
  const host = `reviews.${namespace}.svc.cluster.local`
  const program = join(projectRoot, 'sandbox', 'main.ts')
  await spawnRecorded({
    name: 'load',
    command: process.execPath,
    args: [program, 'load', '--state', env.state, '--host', host, '--rate', String(rate)],
    logFile: join(env.state, 'logs', 'load.log'),
    stateDir: env.state,
  })
}

/** What somebody can do with the sandbox that a demo left, as whole commands. */
export function whereToLook(env: SandboxEnv, { namespace, rate }: Place): string {
  const cluster = `-n ${namespace} --kubeconfig ${env.kubeconfig}`
  return [
    `The sandbox stays up, with Sluice, and ${rate} requests a second to reviews. Look at it:`,
    `  npm run sluice -- get ${cluster}`,
    `  npm run sluice -- watch reviews ${cluster}`,
    `  npm run sandbox -- status --state ${env.state}`,
    '',
    'With kubectl, if you have it, look closer:',
    `  kubectl get slr,virtualservice,destinationrule,pods ${cluster}`,
    'and release a version of your own, as docs/guides/first-rollout.md tells from its section 4 on.',
    '',
    `Temporal     ${env.temporalUi}`,
    `Prometheus   ${env.prometheus}`,
    `Logs         ${env.state}/logs`,
    '',
    'End it all:',
    `  npm run sandbox -- down --state ${env.state}`,
  ].join('\n')
}
