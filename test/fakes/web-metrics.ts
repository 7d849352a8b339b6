import type { Reading } from '../../src/core/analysis/number.ts'
import type { WebRequest } from '../../src/core/analysis/query/web.ts'
import type { WebMetrics } from '../../src/ports.ts'

/** The web, as far as it was told what to answer; elsewhere nobody is there. */
export class FakeWebMetrics implements WebMetrics {
  readonly #readings = new Map<string, Reading>()
  /** In the order in which they came. */
  readonly requests: WebRequest[] = []

  /** What is read at an address from now on. */
  tell(url: string, reading: Reading): void {
    this.#readings.set(url, reading)
  }

  async number(request: WebRequest): Promise<Reading> {
    this.requests.push(request)
    return this.#readings.get(request.url) ?? { kind: 'ProviderError', reason: 'ECONNREFUSED' }
  }
}
