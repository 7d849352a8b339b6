import { describe, expect, it } from 'vitest'
import { readSettings } from '../main/settings.ts'
import { readPage, tableBelow } from './pages.ts'

const rows = tableBelow(readPage('docs/reference/configuration.md'), '## Variables')

describe('the configuration page', () => {
  it('lists every setting with its description, and no other', () => {
    const listed = rows.map(([name, , what]) => [name, what])
    expect(Object.fromEntries(listed)).toEqual(readSettings().descriptions)
  })

  it('names the defaults', () => {
    const listed = rows.map(([name, value]) => [name, value] as const).filter(([, value]) => value !== '')
    expect(readSettings(Object.fromEntries(listed)).config).toEqual(readSettings().config)
  })

  it('leaves a default out only where there is none', () => {
    const silent = rows.filter(([, value]) => value === '').map(([name = '']) => name)
    const { config } = readSettings()
    expect(silent.map((name) => config[name] ?? [])).toEqual(silent.map(() => []))
  })
})
