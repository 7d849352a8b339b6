import type { SweepFinding, SweepReporter, SweepSummary } from '../../src/core/faults/report.ts'

/** Remembers what sweeps reported. */
export class FakeSweepReporter implements SweepReporter {
  readonly lines: string[] = []
  readonly summaries: SweepSummary[] = []

  found(finding: SweepFinding): void {
    this.#note('found', finding)
  }

  removed(finding: SweepFinding): void {
    this.#note('removed', finding)
  }

  stayed(finding: SweepFinding): void {
    this.#note('stayed', finding)
  }

  swept(summary: SweepSummary): void {
    this.summaries.push(summary)
  }

  #note(what: string, { what: kind, object }: SweepFinding): void {
    this.lines.push(`${what} ${kind} ${object.metadata.namespace}/${object.metadata.name}`)
  }
}
