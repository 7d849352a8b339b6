// Starting, finding and ending the processes of the sandbox.
export { withLock } from './lock.ts'
export { residentBytes } from './memory.ts'
export { freePort, isFree } from './ports.ts'
export { identify, isAlive } from './process-identity.ts'
export { listRecords, type ProcessRecord, readRecord, removeRecord } from './records.ts'
export { type Exit, spawnRecorded, type SpawnOptions } from './spawn.ts'
export { signalProcess, stopProcess, stopRecorded } from './stop.ts'
export { findStrays } from './strays.ts'
