import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kubeconfigPath } from './credentials.ts'
import { dataFolder, local, type Part, url } from './part.ts'
import { probe } from './probe.ts'

const meshConfig = {
  // With it, clusters wait for certificates that only Istio's own agent serves.
  enableAutoMtls: false,
  // Else listeners name Istio's own filters, which a stock Envoy lacks.
  defaultProviders: {},
}

export const istiod: Part = {
  name: 'istiod',
  ports: ['istiodXds', 'istiodHttp', 'istiodWebhook', 'istiodControlZ'],
  graceMs: 3_000,
  endpoint: ({ ports }) => url(ports.istiodHttp),
  launch(site, { programs }) {
    const folder = dataFolder(site, 'istiod')
    const meshFile = join(folder, 'mesh.json')
    writeFileSync(meshFile, JSON.stringify(meshConfig))
    return {
      command: programs['pilot-discovery'],
      args: [
        'discovery',
        `--kubeconfig=${kubeconfigPath(site.state)}`,
        `--meshConfig=${meshFile}`,
        '--networksConfig=/dev/null',
        '--registries=Kubernetes',
        `--grpcAddr=${local(site.ports.istiodXds)}`,
        `--httpAddr=${local(site.ports.istiodHttp)}`,
        `--httpsAddr=${local(site.ports.istiodWebhook)}`,
        '--secureGRPCAddr=',
        '--monitoringAddr=', // metrics beside the debug interface, on httpAddr
        `--ctrlz_port=${site.ports.istiodControlZ}`,
        '--ctrlz_address=127.0.0.1',
        '--shutdownDuration=1s',
      ],
      cwd: folder,
      env: {
        POD_NAME: 'istiod',
        POD_NAMESPACE: 'istio-system',
        CLUSTER_ID: 'Kubernetes',
        PILOT_ENABLE_METADATA_EXCHANGE: 'false',
        PILOT_ENABLE_ALPN_FILTER: 'false',
        PILOT_ENABLE_GATEWAY_API: 'false',
        INJECTION_WEBHOOK_CONFIG_NAME: '',
        VALIDATION_WEBHOOK_CONFIG_NAME: '',
      },
    }
  },
  async check({ ports }) {
    await probe(`${url(ports.istiodHttp)}/ready`)
  },
}
