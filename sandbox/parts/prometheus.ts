import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { targetsDirectory } from '../env.ts'
import { isOnExistingCluster } from '../existing/record.ts'
import { dataFolder, local, type Part, url } from './part.ts'
import { probe } from './probe.ts'
import { prometheusConfig } from './prometheus-config.ts'

export const prometheus: Part = {
  name: 'prometheus',
  ports: ['prometheus'],
  graceMs: 5_000,
  endpoint: ({ ports }) => url(ports.prometheus),
  launch(site, { programs }) {
    const folder = dataFolder(site, 'prometheus')
    const targets = targetsDirectory(site.state)
    mkdirSync(targets, { recursive: true })
    const configFile = join(folder, 'prometheus.yaml')
    const gatewayAdmin = isOnExistingCluster(site.state) ? undefined : local(site.ports.envoyAdmin)
    writeFileSync(configFile, stringify(prometheusConfig(gatewayAdmin, targets)))
    return {
      command: programs.prometheus,
      args: [
        `--config.file=${configFile}`,
        `--web.listen-address=${local(site.ports.prometheus)}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        '--storage.tsdb.retention.time=1d',
        '--web.enable-lifecycle',
        '--log.level=warn',
      ],
    }
  },
  async check({ ports }) {
    await probe(`${url(ports.prometheus)}/-/ready`)
  },
}
