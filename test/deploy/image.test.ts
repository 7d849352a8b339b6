import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectRoot } from '../../sandbox/env.ts'

const execute = promisify(execFile)
const read = (name: string) => readFileSync(join(projectRoot, name), 'utf8')
const dockerfile = read('deploy/Dockerfile')
const manifest = JSON.parse(read('package.json')) as {
  readonly version: string
  readonly license: string
  readonly scripts: { readonly build: string }
}

/** What is copied from the repository into some stage. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
  sources.split(' '),
)

describe('the recipe of the image', () => {
  it('copies what there is, and all that the build context lets through', () => {
    expect(copied.filter((source) => !existsSync(join(projectRoot, source)))).toEqual([])
    const allowed = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, name]) => name)
    expect(new Set(allowed)).toEqual(new Set(copied))
  })

  it('carries the version and the licence of the package', () => {
    expect(dockerfile).toContain(`image.version="${manifest.version}"`)
    expect(dockerfile).toContain(`image.licenses="${manifest.license}"`)
  })

  it('has nothing in its last stage that only development needs', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
    expect(last).not.toMatch(/^RUN /m)
    expect(dockerfile).toMatch(/AS libraries\nRUN npm install --omit=dev /)
    expect(last).toContain('COPY --from=libraries /app/node_modules node_modules')
  })
})

describe('the program in the image', () => {
  const app = mkdtempSync(join(tmpdir(), 'sluice-image-'))
  const inApp = async (...args: string[]) => (await execute(process.execPath, args, { cwd: app })).stdout

  beforeAll(async () => {
    const [program = '', ...args] = manifest.scripts.build.split(' ')
    const outDir = ['--outDir', join(app, 'dist')]
    await execute(join(projectRoot, 'node_modules/.bin', program), [...args, ...outDir], { cwd: projectRoot })
    copyFileSync(join(projectRoot, 'package.json'), join(app, 'package.json'))
    symlinkSync(join(projectRoot, 'node_modules'), join(app, 'node_modules'))
  })
  afterAll(() => rmSync(app, { recursive: true }))

  it('starts as the recipe says', async () => {
    const [, program = ''] = /^ENTRYPOINT \["node", "(.+)"\]$/m.exec(dockerfile) ?? []
    expect(await inApp(program, '--version')).toBe(`${manifest.version}\n`)
    expect(await inApp(program, 'run', '--help')).toContain('SLUICE_TEMPORAL_ADDRESS')
  })

  it('finds the code of its workflows, which it bundles when it starts', async () => {
    const script = `
      const { workflowBundle } = await import('./dist/adapters/temporal/workers.js')
      console.log((await workflowBundle()).code.includes('release'))`
    expect(await inApp('--input-type=module', '--eval', script)).toBe('true\n')
  })
})
