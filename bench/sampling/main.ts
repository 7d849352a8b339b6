import { observe } from './observers.ts'
import type { Task } from './observers.ts'
import { startSynthetic } from './synthetic.ts'

/** Programs of the benchmark `sampling`, each a process of its own: what one costs is not the other's. */

const [role, task = '{}'] = process.argv.slice(2)
process.on('disconnect', () => process.exit())
process.send?.(role === 'synthetic' ? await startSynthetic() : await observe(JSON.parse(task) as Task))
