import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'
import { versions } from '../../sandbox/versions.ts'

function goMod(module: string): string {
  return readFileSync(join(projectRoot, 'sandbox', 'tools', module, 'go.mod'), 'utf8')
}

test.each([
  ['kubernetes', 'k8s.io/kubernetes', versions.kubernetes],
  ['kubernetes', 'go.etcd.io/etcd/server/v3', versions.etcd],
  ['prometheus', 'github.com/prometheus/prometheus', versions.prometheus],
])('go.mod of %s pins %s to the version that is told, %s', (module, requirement, version) => {
  expect(goMod(module)).toMatch(new RegExp(`[\\t ]${requirement} v${version}( |\n)`))
})

test.each(['kubernetes', 'istio', 'prometheus', 'lua'])(
  '%s is built with the compiler that is asked for',
  (module) => {
    expect(goMod(module)).toContain(`\ngo ${versions.go}\n`)
  },
)
