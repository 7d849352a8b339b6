import { join } from 'node:path'
import { dataFolder, local, type Part, url } from './part.ts'
import { probe } from './probe.ts'

export const temporal: Part = {
  name: 'temporal',
  ports: ['temporal', 'temporalUi', 'temporalHttp'],
  graceMs: 5_000,
  endpoint: ({ ports }) => `${local(ports.temporal)}, UI ${url(ports.temporalUi)}`,
  launch: (site, { programs }) => ({
    command: programs.temporal,
    args: [
      'server',
      'start-dev',
      '--ip=127.0.0.1',
      `--port=${site.ports.temporal}`,
      `--ui-port=${site.ports.temporalUi}`,
      `--http-port=${site.ports.temporalHttp}`,
      // Without a file a killed server forgets every release.
      `--db-filename=${join(dataFolder(site, 'temporal'), 'temporal.db')}`,
      '--sqlite-pragma=journal_mode=WAL',
      '--sqlite-pragma=synchronous=OFF',
      '--ui-disable-news-fetch',
      '--log-level=warn',
    ],
  }),
  async check({ ports }) {
    await probe(`${url(ports.temporalHttp)}/api/v1/namespaces/default`)
    await probe(url(ports.temporalUi))
  },
}
