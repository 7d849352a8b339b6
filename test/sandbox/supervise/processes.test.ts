import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  findStrays,
  identify,
  isAlive,
  listRecords,
  readRecord,
  removeRecord,
  runningProcesses,
  spawnRecorded,
  type SpawnOptions,
  stopProcess,
  stopRecorded,
} from '../../../sandbox/supervise/index.ts'
import { writeRecord } from '../../../sandbox/supervise/records.ts'
import { until } from '../../../sandbox/until.ts'
import { temporaryFolder } from '../temporary.ts'

async function start(stateDir: string, script: string, more: Partial<SpawnOptions> = {}) {
  const logFile = join(stateDir, 'logs', 'part.log')
  const running = await spawnRecorded({
    name: 'part',
    command: 'sh',
    args: ['-c', script],
    logFile,
    stateDir,
    ...more,
  })
  onTestFinished(() => stopProcess(running, 0))
  return { running, logFile }
}

test('a started process is recorded, and its output appended to the log', async () => {
  const state = temporaryFolder()
  for (const word of ['one', 'two']) {
    const { running } = await start(state, `echo ${word}`)
    await running.exited
  }
  const { running, logFile } = await start(state, 'echo three; exec sleep 60')
  await until(async () => expect(readFileSync(logFile, 'utf8')).toBe('one\ntwo\nthree\n'), 5_000)
  expect(listRecords(state)).toEqual([expect.objectContaining({ name: 'part', pid: running.pid })])
})

test('a program that does not exist is an error, and leaves no record', async () => {
  const state = temporaryFolder()
  await expect(start(state, '', { command: join(state, 'nothing') })).rejects.toThrow('ENOENT')
  expect(listRecords(state)).toEqual([])
})

test('stopping ends the whole process group and removes the record', async () => {
  const state = temporaryFolder()
  const { running, logFile } = await start(state, 'sleep 60 & echo $!; wait')
  await until(async () => expect(readFileSync(logFile, 'utf8')).toMatch(/\d+\n/), 5_000)
  const child = identify(Number(readFileSync(logFile, 'utf8')))
  await stopRecorded(state, 'part', { graceMs: 5_000 })
  expect(isAlive(running)).toBe(false)
  await until(async () => expect(child && isAlive(child)).toBe(false), 5_000)
  expect(listRecords(state)).toEqual([])
})

test('a process that ignores SIGTERM is killed when the grace is over', async () => {
  const state = temporaryFolder()
  const { running, logFile } = await start(state, "trap '' TERM; echo deaf; while :; do sleep 1; done")
  await until(async () => expect(readFileSync(logFile, 'utf8')).toBe('deaf\n'), 5_000)
  await stopRecorded(state, 'part', { graceMs: 100 })
  expect((await running.exited).signal).toBe('SIGKILL')
})

test('a recycled pid is never killed', async () => {
  const state = temporaryFolder()
  const { running } = await start(state, 'exec sleep 60')
  const record = readRecord(state, 'part')
  if (!record) throw new Error('no record')
  writeRecord(state, { ...record, startId: 'of a former process' })
  await stopRecorded(state, 'part', { graceMs: 100 })
  expect(isAlive(running)).toBe(true)
  expect(listRecords(state)).toEqual([])
})

test('a file that is no record counts as none', () => {
  const state = temporaryFolder()
  writeRecord(state, { name: 'a', pid: 1, startId: 'x', startedAt: '', command: '', args: [], logFile: '' })
  writeFileSync(join(state, 'pids', 'b.json'), '{"name"')
  expect(listRecords(state).map((record) => record.name)).toEqual(['a'])
})

test.runIf(process.platform === 'linux')(
  'a process without a record is found by its environment',
  async () => {
    const state = temporaryFolder()
    const { running } = await start(state, 'exec sleep 60', { owner: 'agent' })
    removeRecord(state, 'part')
    expect(findStrays(state).map((stray) => stray.pid)).toEqual([running.pid])
    expect(findStrays(state, 'agent').map((stray) => stray.pid)).toEqual([running.pid])
    expect(findStrays(state, 'etcd')).toEqual([])
    expect(findStrays(`${state}-other`)).toEqual([])
  },
)

test('what runs is counted once, and what has ended not at all', async () => {
  const state = temporaryFolder()
  const { running } = await start(state, 'exec sleep 60')
  const over = await start(state, 'true', { name: 'over' })
  await over.running.exited
  expect(runningProcesses(state)).toEqual([{ pid: running.pid, name: 'part' }])
  await stopProcess(running, 0)
  expect(runningProcesses(state)).toEqual([])
})

test.runIf(process.platform === 'linux')('what runs without a record is told, too', async () => {
  const state = temporaryFolder()
  const { running } = await start(state, 'exec sleep 60')
  removeRecord(state, 'part')
  expect(runningProcesses(state)).toEqual([{ pid: running.pid, name: undefined }])
})
