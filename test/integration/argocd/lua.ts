import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../../sandbox/env.ts'
import { run } from '../../../sandbox/tools/run.ts'

/** What a health check answers. */
export interface Health {
  readonly status: string
  readonly message: string
}

const SCRIPT = join(projectRoot, 'deploy/argocd/health.lua')

// Argo CD opens no libraries for checks of users but base, table, package and a harmless os.
const DRIVER = `
local format, write = string.format, io.write
for _, name in ipairs({ "string", "math", "io", "debug", "coroutine", "channel", "arg" }) do _G[name] = nil end
getmetatable("").__index = nil
local check = assert(loadfile(SCRIPT))
for _, object in ipairs(objects) do
  obj = object
  local health = check()
  for key, value in pairs(health) do assert(type(value) == "string", key) end
  write(format("%s\\t%s\\n", health.status, health.message))
end
`

/**
 * What the health check says of each object, with no more libraries than Argo CD gives.
 * @param lua path of Argo CD's interpreter
 */
export async function healthsIn(lua: string, objects: readonly unknown[]): Promise<Health[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-health-'))
  try {
    const file = join(folder, 'driver.lua')
    writeFileSync(file, `local SCRIPT = ${literal(SCRIPT)}\nlocal objects = ${literal(objects)}\n${DRIVER}`)
    const lines = await run(lua, [file])
    return lines.map((line) => {
      const [status = '', message = ''] = line.split('\t')
      return { status, message }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A value of JSON as Lua writes it; null is absence, as it is for Argo CD. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'nil'
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `{${value.map(literal).join(', ')}}`
  if (typeof value !== 'object') return JSON.stringify(value)
  const fields = Object.entries(value).map(([key, field]) => `[${quoted(key)}] = ${literal(field)}`)
  return `{${fields.join(', ')}}`
}

function quoted(text: string): string {
  return JSON.stringify(text.replaceAll(/[\n\t]/g, ' '))
}
