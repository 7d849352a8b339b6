import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findInstalled } from '../../../sandbox/tools/locate.ts'
import { temporaryFolder } from '../temporary.ts'

function folderWith(name: string, mode: number): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, name), '')
  chmodSync(join(folder, name), mode)
  return folder
}

test('KUBEBUILDER_ASSETS goes before PATH', () => {
  const [assets, path] = [folderWith('etcd', 0o755), folderWith('etcd', 0o755)]
  expect(findInstalled('etcd', { KUBEBUILDER_ASSETS: assets, PATH: path })).toBe(join(assets, 'etcd'))
  expect(findInstalled('etcd', { PATH: path })).toBe(join(path, 'etcd'))
})

test('what can not be run is passed over', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'etcd'))
  const usable = folderWith('etcd', 0o755)
  const path = [folder, folderWith('etcd', 0o644), '', usable].join(':')
  expect(findInstalled('etcd', { PATH: path })).toBe(join(usable, 'etcd'))
  expect(findInstalled('envoy', { PATH: path })).toBeUndefined()
})
