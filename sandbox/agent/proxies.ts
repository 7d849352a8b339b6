import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 100
/** A proxy with many hosts takes long to print them; it rests for this many times as long. */
const REST = 3
const ANSWER_MS = 1000

interface Waiter {
  endpoint: string
  deadline: number
  resolve: (dropped: boolean) => void
}

/** Knows the proxies of the sandbox and asks their admin interfaces. All who wait share one round of questions. */
export class Proxies {
  readonly #admins: Set<string>
  readonly #patienceMs: number
  #waiters: Waiter[] = []
  #asking = false

  /**
   * @param gatewayAdmin base URL of the gateway's admin interface
   * @param patienceMs how long `dropped` waits at most
   */
  constructor(gatewayAdmin: string, patienceMs = 5000) {
    this.#admins = new Set([gatewayAdmin])
    this.#patienceMs = patienceMs
  }

  add(admin: string): void {
    this.#admins.add(admin)
  }

  remove(admin: string): void {
    this.#admins.delete(admin)
  }

  /**
   * Waits until no proxy has the endpoint any more. A proxy that does not answer counts as one that lacks it.
   * @param address such as `127.0.0.1:4000`
   * @returns false when a proxy still has it after the patience is over
   */
  dropped(address: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiters.push({
        endpoint: `::${address}::`,
        deadline: performance.now() + this.#patienceMs,
        resolve,
      })
      if (!this.#asking) void this.#ask()
    })
  }

  async #ask(): Promise<void> {
    this.#asking = true
    while (this.#waiters.length > 0) {
      const start = performance.now()
      const texts = await Promise.all([...this.#admins].map(clusters))
      this.#waiters = this.#waiters.filter((waiter) => !settle(waiter, texts))
      if (this.#waiters.length > 0) await sleep(pause(performance.now() - start))
    }
    this.#asking = false
  }
}

function pause(tookMs: number): number {
  return Math.max(POLL_MS, REST * tookMs)
}

function settle({ endpoint, deadline, resolve }: Waiter, texts: string[]): boolean {
  const dropped = texts.every((text) => !text.includes(endpoint))
  if (!dropped && performance.now() < deadline) return false
  resolve(dropped)
  return true
}

async function clusters(admin: string): Promise<string> {
  try {
    const response = await fetch(`${admin}/clusters`, { signal: AbortSignal.timeout(ANSWER_MS) })
    return await response.text()
  } catch {
    return '' // a proxy that is down sends nothing to anybody
  }
}
