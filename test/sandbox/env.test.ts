import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { envPath, projectRoot, readEnv, stateDirectory } from '../../sandbox/env.ts'
import { temporaryFolder } from './temporary.ts'

afterEach(() => void vi.unstubAllEnvs())

test('the folder is the argument, else SLUICE_SANDBOX, else .sandbox in the project', () => {
  vi.stubEnv('SLUICE_SANDBOX', '/from/env')
  expect(stateDirectory('/given')).toBe('/given')
  expect(stateDirectory()).toBe('/from/env')
  vi.stubEnv('SLUICE_SANDBOX', undefined)
  expect(stateDirectory()).toBe(join(projectRoot, '.sandbox'))
})

test('without a sandbox the error says how to start one', () => {
  expect(() => readEnv(temporaryFolder())).toThrow('npm run sandbox -- up')
})

test('an env.json without all endpoints is refused', () => {
  const state = temporaryFolder()
  mkdirSync(state, { recursive: true })
  writeFileSync(envPath(state), '{"state": "x"}')
  expect(() => readEnv(state)).toThrow('gateway')
})
