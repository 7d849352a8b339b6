import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { freePort, isFree } from '../supervise/index.ts'

export const portNames = [
  'etcd',
  'etcdPeer',
  'apiserver',
  'controllerManager',
  'metrics',
  'istiodXds',
  'istiodHttp',
  'istiodWebhook',
  'istiodControlZ',
  'gateway',
  'envoyAdmin',
  'prometheus',
  'temporal',
  'temporalUi',
  'temporalHttp',
] as const

export type PortName = (typeof portNames)[number]
export type Ports = Record<PortName, number>

const schema = z.record(z.enum(portNames), z.number().int())

/** The ports of the sandbox in this folder, if it has any. */
export function readPorts(state: string): Ports | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(portsPath(state), 'utf8'))).data
  } catch {
    return undefined // no sandbox here, or one that was killed while it wrote the file
  }
}

/**
 * The ports to use, chosen at the first `up` and then kept, so that a part comes back where others look for it.
 * @param mayMove whether a port that somebody else has taken meanwhile may be replaced: only if no part runs
 */
export async function choosePorts(state: string, mayMove: boolean): Promise<Ports> {
  const known = readPorts(state)
  if (known && !mayMove) return known
  const ports = { ...known } as Ports
  for (const name of portNames) {
    const port = known?.[name]
    ports[name] = port !== undefined && (await isFree(port)) ? port : await freePort()
  }
  writeFileSync(portsPath(state), `${JSON.stringify(ports, null, 2)}\n`)
  return ports
}

export function portsPath(state: string): string {
  return join(state, 'ports.json')
}
