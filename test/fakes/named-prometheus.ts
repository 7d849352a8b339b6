import type { PrometheusAccess } from '../../src/core/analysis/access.ts'
import type { NamedPrometheus, OpenPrometheus } from '../../src/ports.ts'
import { ProviderError } from '../../src/ports.ts'

/** Prometheus as Rollouts name it, in memory: who asks as a test foresaw is let in. */
export class FakeNamedPrometheus implements NamedPrometheus {
  readonly #open: ((access: PrometheusAccess) => OpenPrometheus | undefined)[] = []
  /** Everybody who asked. */
  readonly asked: PrometheusAccess[] = []

  /** What those find whom `whom` knows. */
  admit(whom: (access: PrometheusAccess) => boolean, found: OpenPrometheus): void {
    this.#open.push((access) => (whom(access) ? found : undefined))
  }

  open(access: PrometheusAccess): OpenPrometheus {
    this.asked.push(access)
    for (const open of this.#open) {
      const found = open(access)
      if (found !== undefined) return found
    }
    throw new ProviderError('nobody is let in so')
  }
}
