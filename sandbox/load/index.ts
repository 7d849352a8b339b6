// Steady load through the gateway, and what came back.
export { startLoad, type LoadOptions } from './load.ts'
export { askOnce } from './once.ts'
export { startLoadProcess, type LoadProcess } from './process.ts'
export { answersByVersion, countOutcomes, foreignErrors, type LoadReport } from './report.ts'
