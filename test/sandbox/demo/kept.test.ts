import { expect, it } from 'vitest'
import { whereToLook } from '../../../sandbox/demo/kept.ts'
import type { SandboxEnv } from '../../../sandbox/env.ts'

const env = {
  state: '/some/folder',
  kubeconfig: '/some/folder/kubeconfig',
  temporalUi: 'http://127.0.0.1:2',
  prometheus: 'http://127.0.0.1:3',
} as SandboxEnv

it('who keeps the demo is told whole commands: what to look at first, and how to end it', () => {
  const commands = whereToLook(env, { namespace: 'shop', rate: 600 })
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim())
  expect(commands[0]).toBe('npm run sluice -- get -n shop --kubeconfig /some/folder/kubeconfig')
  expect(commands.at(-1)).toBe('npm run sandbox -- down --state /some/folder')
})
