import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings, settingNames } from '../../../sandbox/demo-app/settings.ts'
import { projectRoot } from '../../../sandbox/env.ts'

/** Set by the agent for each pod, whatever the Deployment says. */
const AGENTS_OWN = new Set(['PORT', 'POD_NAME', 'DEPENDENCY_URL', 'BEHAVIOUR_FILE'])

/** Rows of the table of variables in CONTRIBUTING.md: their names and the default. */
function documented(): { name: string; byDefault: string }[] {
  const text = readFileSync(join(projectRoot, 'CONTRIBUTING.md'), 'utf8')
  const table = /^\| variable .*\n\|[-| ]+\n((?:\|.*\n)+)/m.exec(text)?.[1] ?? ''
  return table
    .trimEnd()
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .map(([, name = '', byDefault = '']) => ({ name, byDefault }))
}

test('CONTRIBUTING.md names exactly the settings that a Deployment may have', () => {
  const names = settingNames.filter((name) => !AGENTS_OWN.has(name))
  expect(documented().map(({ name }) => name)).toEqual(names)
})

test('CONTRIBUTING.md tells the defaults as they are', () => {
  const defaults: Record<string, string | number | undefined> = readSettings({ PORT: '80' })
  for (const { name, byDefault } of documented()) {
    expect([name, byDefault]).toEqual([name, String(defaults[name] ?? 'none')])
  }
})
