// Steady load through the gateway, and what came back.
export { loadCommand } from './command.ts'
export { startLoad, type Load, type LoadOptions } from './load.ts'
export { startLoadProcess, type LoadProcess } from './process.ts'
export {
  answersByVersion,
  countOutcomes,
  foreignErrors,
  type ForeignError,
  type LoadReport,
  type Origin,
  type Outcome,
  type Sample,
  type VersionLatency,
} from './report.ts'
