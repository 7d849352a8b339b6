import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Task } from '../progress.ts'
import { withLock } from '../supervise/index.ts'
import { versions } from '../versions.ts'
import { type CacheEntry, cacheKey, cacheRoot } from './cache.ts'
import { MissingProgramError, run } from './run.ts'

/** A folder of this one with a go.mod that pins a program and all it needs. */
export type GoModule = 'kubernetes' | 'istio' | 'prometheus' | 'lua'

const buildEnv = { CGO_ENABLED: '0', GOWORK: 'off' }
// Clients refuse a server that doesn't say its version; istiod and etcd don't look at the variable.
const linkerFlags = `-s -w -X k8s.io/component-base/version.gitVersion=v${versions.kubernetes}`

/** The cache entry of a program built from a package of a pinned Go module. Its folder holds just that program. */
export function goProgram(name: string, module: GoModule, importPath: string): CacheEntry {
  return {
    name,
    key: cacheKey([moduleHash(module), importPath, linkerFlags]),
    build: (folder, task) => alone(task, () => buildProgram({ name, module, importPath, folder, task })),
  }
}

/** The cache entry of a single file out of a pinned module's source. */
export function goSourceFile(
  name: string,
  module: GoModule,
  source: { module: string; file: string },
): CacheEntry {
  return {
    name,
    key: cacheKey([moduleHash(module), source.module, source.file]),
    async build(folder, task) {
      task.update(`downloading the source of ${source.module}`)
      const cwd = moduleFolder(module)
      await runGo(name, ['mod', 'download', source.module], { cwd, task })
      const [root] = await runGo(name, ['list', '-m', '-f', '{{.Dir}}', source.module], { cwd, task })
      copyFileSync(join(root ?? '', source.file), join(folder, name))
    },
  }
}

// Each build uses all processors and gigabytes of memory: one at a time, whoever runs it.
function alone(task: Task, build: () => Promise<void>): Promise<void> {
  const lock = join(cacheRoot(), 'go-build.lock')
  return withLock(lock, build, (pid) => task.update(`waiting for another build, of process ${pid}`))
}

interface Build {
  name: string
  module: GoModule
  importPath: string
  folder: string
  task: Task
}

async function buildProgram({ name, module, importPath, folder, task }: Build): Promise<void> {
  const cwd = moduleFolder(module)
  const packages = await runGo(name, ['list', '-deps', importPath], { cwd, task })
  let compiled = 0
  const onLine = (line: string): void => {
    task.update(`compiled ${++compiled} of at most ${packages.length} packages (${line})`)
  }
  task.update(`linking what is compiled already, of ${packages.length} packages`)
  const args = ['install', '-v', '-ldflags', linkerFlags, importPath]
  await runGo(name, args, { cwd, task, onLine, env: { GOBIN: folder } })
  const built =
    importPath
      .replace(/\/v\d+$/, '')
      .split('/')
      .at(-1) ?? name
  if (built !== name) renameSync(join(folder, built), join(folder, name))
}

interface GoRun {
  cwd: string
  task: Task
  onLine?: (line: string) => void
  env?: Record<string, string>
}

async function runGo(name: string, args: string[], { cwd, task, onLine, env }: GoRun): Promise<string[]> {
  const tellDownload = (line: string): void => {
    if (line.startsWith('go: downloading')) task.update(line.slice('go: '.length))
  }
  try {
    return await run('go', args, { cwd, env: { ...buildEnv, ...env }, onLine: onLine ?? tellDownload })
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error
    throw new Error(
      `Go ${versions.go} or newer is needed to build ${name}: install it from https://go.dev/dl, or put ${name} on PATH`,
      { cause: error },
    )
  }
}

function moduleHash(module: GoModule): string {
  return cacheKey(['go.mod', 'go.sum'].map((file) => readFileSync(join(moduleFolder(module), file), 'utf8')))
}

function moduleFolder(module: GoModule): string {
  return join(import.meta.dirname, module)
}
