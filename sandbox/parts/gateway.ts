import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { envoyArgs, envoyBootstrap } from './envoy-bootstrap.ts'
import { dataFolder, local, type Part, url } from './part.ts'
import { probe, probePort } from './probe.ts'

/** Labels by which Gateway objects choose the ingress gateway. */
export const gatewayLabels = { istio: 'ingressgateway', app: 'istio-ingressgateway' }

export const gateway: Part = {
  name: 'gateway',
  ports: ['gateway', 'envoyAdmin'],
  graceMs: 3_000,
  endpoint: ({ ports }) => url(ports.gateway),
  launch(site, { programs }) {
    const configFile = join(dataFolder(site, 'gateway'), 'bootstrap.json')
    const bootstrap = envoyBootstrap({
      kind: 'router',
      address: '127.0.0.1',
      name: 'istio-ingressgateway',
      namespace: 'istio-system',
      labels: gatewayLabels,
      adminPort: site.ports.envoyAdmin,
      xds: local(site.ports.istiodXds),
    })
    writeFileSync(configFile, JSON.stringify(bootstrap, null, 2))
    return { command: programs.envoy, args: envoyArgs(configFile) }
  },
  async check({ ports }) {
    await probe(`${url(ports.envoyAdmin)}/ready`)
    await probePort(ports.gateway) // opens when istiod has told it of the Gateway object
  },
}
