import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { haveWeight, knowSubset } from '../../src/core/traffic/proxies.ts'
import type { ProxyTraffic, TrafficQuestion } from '../../src/core/traffic/proxies.ts'
import type { Propagation } from '../../src/ports.ts'

/** Proxies to ask: of a service with ready pods of v1 alone, subsets v1 and v2, and a VirtualService. */
export interface PropagationSubject {
  readonly propagation: Propagation
  readonly service: TrafficQuestion['service']
  readonly virtualService: TrafficQuestion['virtualService']
  /**
   * Divides the service's requests in the route `primary`, in percent by subset. `testers`: a route in front sends some
   * to this subset alone.
   */
  route(weights: Readonly<Record<string, number>>, testers?: string): Promise<void>
  /** The same proxies, out of reach. */
  readonly unreachable: Propagation
  close(): Promise<void>
}

const PATIENCE = { timeout: 30_000, interval: 100 }

/** What every implementation of the port Propagation does. */
export function propagationContract(name: string, open: () => Promise<PropagationSubject>): void {
  describe(`proxies (${name})`, () => {
    let subject: PropagationSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it('have a name that fits into the status', () => {
      expect(subject.propagation.name).toMatch(/^[A-Z][A-Za-z]{0,62}$/)
    })

    it('know a subset with ready pods, and no other', async () => {
      await vi.waitFor(async () => expect(await look(['v1', 'v2', 'v9'])).toSatisfy(knowsOnlyV1), PATIENCE)
    })

    it('have the weights of the VirtualService, only of the subsets that are asked for', async () => {
      await subject.route({ v1: 80, v2: 20 })
      await vi.waitFor(async () => {
        const view = { proxies: await look(['v1', 'v2']) }
        expect(haveWeight(view, 'v1', 80) && haveWeight(view, 'v2', 20)).toBe(true)
      }, PATIENCE)
      const [only] = await look(['v2'])
      expect(Object.keys(only?.weights ?? {})).toEqual(['v2'])
    })

    it('have the weights of a route whose name is asked for, whatever others do', async () => {
      await subject.route({ v1: 80, v2: 20 }, 'v2')
      await vi.waitFor(async () => expect((await look(['v2']))[0]?.weights).toEqual({ v2: 100 }), PATIENCE)
      expect((await look(['v2'], 'primary'))[0]?.weights).toEqual({ v2: 20 })
    })

    it('name no subset that the VirtualService does not', async () => {
      await subject.route({ v1: 100 })
      await vi.waitFor(async () => {
        const proxies = await look(['v1', 'v2'])
        expect(proxies.map(({ weights }) => weights)).toEqual(proxies.map(() => ({ v1: 100 })))
      }, PATIENCE)
    })

    it('have no weights of a VirtualService that is not there', async () => {
      const virtualService = { ...subject.virtualService, name: 'missing' }
      const { service } = subject
      const view = await subject.propagation.look({ service, virtualService, subsets: ['v1'] })
      expect(view.proxies.map(({ weights }) => weights)).toEqual(view.proxies.map(() => undefined))
    })

    it('that cannot be asked say so', async () => {
      const { service, virtualService } = subject
      await expect(subject.unreachable.look({ service, virtualService, subsets: ['v1'] })).rejects.toThrow(
        Error,
      )
    })

    async function look(subsets: readonly string[], route?: string): Promise<readonly ProxyTraffic[]> {
      const { service, virtualService } = subject
      const question = { service, virtualService, subsets, ...(route !== undefined && { route }) }
      const { proxies } = await subject.propagation.look(question)
      expect(proxies.length).toBeGreaterThan(0)
      return proxies
    }
  })
}

function knowsOnlyV1(proxies: readonly ProxyTraffic[]): boolean {
  const view = { proxies }
  return knowSubset(view, 'v1') && !knowSubset(view, 'v2') && !knowSubset(view, 'v9')
}
