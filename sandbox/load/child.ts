/** The program of `startLoadProcess`: makes the load that its argument describes and answers questions about it. */
import { startLoad } from './load.ts'
import type { LoadOptions } from './load.ts'
import type { Message, Question } from './process.ts'

const load = startLoad(JSON.parse(process.argv[2] ?? '{}') as LoadOptions)

function tell(message: Message, sent: () => void = () => undefined): void {
  process.send?.(message, sent)
}

async function reply(question: Question): Promise<void> {
  if (question === 'snapshot') return tell({ report: load.snapshot() })
  tell({ report: await load.stop() }, () => process.exit(0))
}

process.on('message', (question: Question) => void reply(question))
process.on('disconnect', () => process.exit(0))
// Both may be sent to the whole group of processes: the parent still wants its report.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
tell({ started: true })
