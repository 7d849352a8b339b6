import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const lowest = 15_000
const usualEphemeralStart = 32_768
const attempts = 200
const given = new Set<number>()

/**
 * A TCP port that is free now. It lies below the ports that the operating system gives to outgoing connections:
 * a part that is restarted needs its port again, and a connection of the load generator must not have taken it.
 * @throws Error when no free port is found
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const end = ephemeralStart()
  for (let i = 0; i < attempts; i++) {
    const port = lowest + Math.floor(Math.random() * (end - lowest))
    if (given.has(port) || !(await isFree(port, host))) continue
    given.add(port)
    return port
  }
  throw new Error(`no free TCP port between ${lowest} and ${end} on ${host} after ${attempts} attempts`)
}

/** Whether a server could listen on this port now. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return true
  } catch (error) {
    if (['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

function ephemeralStart(): number {
  return parseEphemeralStart(readRange()) ?? usualEphemeralStart
}

/** The first ephemeral port from the text of Linux' ip_local_port_range; undefined if it leaves too few below it. */
export function parseEphemeralStart(range: string): number | undefined {
  const start = Number(range.trim().split(/\s+/)[0])
  return Number.isInteger(start) && start >= lowest + 1000 ? start : undefined
}

function readRange(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
  } catch {
    return '' // not Linux
  }
}
