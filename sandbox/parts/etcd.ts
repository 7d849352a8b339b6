import { dataFolder, type Part, url } from './part.ts'
import { probe } from './probe.ts'

export const etcd: Part = {
  name: 'etcd',
  ports: ['etcd', 'etcdPeer'],
  graceMs: 5_000,
  endpoint: ({ ports }) => url(ports.etcd),
  launch: (site, { programs }) => ({
    command: programs.etcd,
    args: [
      '--name=sandbox',
      `--data-dir=${dataFolder(site, 'etcd')}`,
      `--listen-client-urls=${url(site.ports.etcd)}`,
      `--advertise-client-urls=${url(site.ports.etcd)}`,
      `--listen-peer-urls=${url(site.ports.etcdPeer)}`,
      `--initial-advertise-peer-urls=${url(site.ports.etcdPeer)}`,
      `--initial-cluster=sandbox=${url(site.ports.etcdPeer)}`,
      // Survives kill -9, not the loss of power: enough here, and spares the disk.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  }),
  async check({ ports }) {
    await probe(`${url(ports.etcd)}/health`)
  },
}
