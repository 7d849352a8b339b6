import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { targetsDirectory } from '../env.ts'
import { isOnExistingCluster } from '../existing/record.ts'
import { dataFolder, local, type Part, type Site, url } from './part.ts'
import { probe } from './probe.ts'
import { prometheusConfig } from './prometheus-config.ts'
import type { SubsetPods } from './prometheus-config.ts'

export const prometheus: Part = {
  name: 'prometheus',
  ports: ['prometheus'],
  graceMs: 5_000,
  endpoint: ({ ports }) => url(ports.prometheus),
  launch(site, { programs }) {
    const gatewayAdmin = isOnExistingCluster(site.state) ? undefined : local(site.ports.envoyAdmin)
    return {
      command: programs.prometheus,
      args: [
        `--config.file=${writeConfig(site, gatewayAdmin)}`,
        `--web.listen-address=${local(site.ports.prometheus)}`,
        `--storage.tsdb.path=${join(dataFolder(site, 'prometheus'), 'tsdb')}`,
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

/**
 * Notes which pods are behind subsets whose names do not tell, for now and for later starts.
 * @param gatewayAdmin host:port of the gateway's admin interface
 */
export function noteSubsets(
  site: Pick<Site, 'state'>,
  gatewayAdmin: string,
  pods: readonly SubsetPods[],
): void {
  writeFileSync(subsetsFile(site), JSON.stringify(pods))
  writeConfig(site, gatewayAdmin)
}

/** @returns path of the configuration */
function writeConfig(site: Pick<Site, 'state'>, gatewayAdmin: string | undefined): string {
  const targets = targetsDirectory(site.state)
  mkdirSync(targets, { recursive: true })
  const noted = subsetsFile(site)
  const pods = existsSync(noted) ? (JSON.parse(readFileSync(noted, 'utf8')) as SubsetPods[]) : []
  const file = join(dataFolder(site, 'prometheus'), 'prometheus.yaml')
  writeFileSync(file, stringify(prometheusConfig(gatewayAdmin, targets, pods)))
  return file
}

function subsetsFile(site: Pick<Site, 'state'>): string {
  return join(dataFolder(site, 'prometheus'), 'subsets.json')
}
