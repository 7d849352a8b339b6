import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { onTestFinished, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../sandbox/temporary.ts'

const scripts = join(import.meta.dirname, '../../scripts')
const hasProc = existsSync('/proc/self/stat')

/** Installs until there is a file "go" (or the folder is gone); notes when it begins, and whether another is at it. */
const NPM = `#!/bin/sh
stop() { rmdir installing; echo "stopped by SIG$1" >> npm.log; exit 1; }
trap 'stop INT' INT
trap 'stop TERM' TERM
echo "npm $*" >> npm.log
mkdir installing || echo overlap >> npm.log
until [ -e go ] || [ ! -e npm.log ]; do sleep 0.02; done
mkdir -p node_modules
rmdir installing
exit "$(cat go)"
`
const PROGRAM = `console.log('program got', process.argv.slice(2).join(' ')); process.exitCode = 7`

/** A bare clone, with a npm of our own on PATH. */
class Clone {
  readonly root = temporaryFolder()

  constructor() {
    cpSync(join(scripts, 'bootstrap.mjs'), this.path('scripts/bootstrap.mjs'))
    cpSync(join(scripts, 'bootstrap'), this.path('scripts/bootstrap'), { recursive: true })
    for (const name of ['package.json', 'package-lock.json']) writeFileSync(this.path(name), '{}')
    writeFileSync(this.path('program.mjs'), PROGRAM)
    mkdirSync(this.path('bin'))
    writeFileSync(this.path('bin/npm'), NPM, { mode: 0o755 })
  }

  path(name: string): string {
    return join(this.root, name)
  }

  /** Lets npm end. */
  go(status = 0): void {
    writeFileSync(this.path('go'), String(status))
  }

  npmLog(): string[] {
    return existsSync(this.path('npm.log'))
      ? readFileSync(this.path('npm.log'), 'utf8').trim().split('\n')
      : []
  }

  /** A lock that was left behind. */
  leaveLock(...holders: string[]): void {
    mkdirSync(this.path('.install-lock'))
    for (const holder of holders) writeFileSync(this.path(join('.install-lock', holder)), '')
  }

  locks(): string[] {
    return readdirSync(this.root).filter((name) => name.startsWith('.install-lock'))
  }

  run(...args: string[]): Run {
    return new Run(this.root, args)
  }

  async npmBegan(times = 1): Promise<void> {
    await vi.waitFor(() => expect(existsSync(this.path('installing'))).toBe(true), { timeout: 10_000 })
    await vi.waitFor(() => expect(this.npmLog().filter((line) => line === INSTALL)).toHaveLength(times))
  }
}

const INSTALL = 'npm install --no-save'

/** A run of bootstrap. */
class Run {
  readonly child
  readonly ended: Promise<number | null>
  output = ''

  constructor(root: string, args: readonly string[]) {
    const PATH = [join(root, 'bin'), process.env['PATH']].join(delimiter)
    const env = { ...process.env, PATH }
    this.child = spawn(process.execPath, [join(root, 'scripts/bootstrap.mjs'), ...args], { env })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    }
    this.ended = once(this.child, 'close').then(([status]) => status as number | null)
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  async says(text: string): Promise<void> {
    await vi.waitFor(() => expect(this.output).toContain(text), { timeout: 10_000 })
  }
}

describe('a first run', () => {
  it('installs, and hands over to the program; the next does not install', async () => {
    const clone = new Clone()
    clone.go()
    const first = clone.run('program.mjs', 'a', '--b')
    expect(await first.ended).toBe(7)
    expect(first.output).toMatch(/Installing dependencies[^]*program got a --b/)
    expect(await clone.run('program.mjs').ended).toBe(7)
    expect(clone.npmLog()).toEqual([INSTALL])
    expect(clone.locks()).toEqual([])
  })

  it('installs anew when the locked versions changed', async () => {
    const clone = new Clone()
    clone.go()
    await clone.run('program.mjs').ended
    writeFileSync(clone.path('package-lock.json'), '{"changed": true}')
    await clone.run('program.mjs').ended
    expect(clone.npmLog()).toEqual([INSTALL, INSTALL])
  })

  it('starts nothing when npm fails, and lets the next try', async () => {
    const clone = new Clone()
    clone.go(3)
    const first = clone.run('program.mjs')
    expect(await first.ended).toBe(1)
    expect(first.output).toContain('npm install failed; see above')
    expect(first.output).not.toContain('program got')
    expect(clone.locks()).toEqual([])
    clone.go()
    expect(await clone.run('program.mjs').ended).toBe(7)
  })

  it('of two at once installs once, the other says for whom it waits', async () => {
    const clone = new Clone()
    const first = clone.run('program.mjs')
    await clone.npmBegan()
    const second = clone.run('program.mjs')
    await second.says('waiting for process')
    clone.go()
    expect(await Promise.all([first.ended, second.ended])).toEqual([7, 7])
    const waitedFor = Number(/waiting for process (\d+) to install/.exec(second.output)?.[1])
    expect(waitedFor).toBe(first.child.pid)
    expect(clone.npmLog()).toEqual([INSTALL])
    expect(clone.locks()).toEqual([])
  })
})

describe('an interrupted installation', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends npm and leaves no lock; the next run succeeds', async (signal, status) => {
    const clone = new Clone()
    const first = clone.run('program.mjs')
    await clone.npmBegan()
    first.child.kill(signal)
    expect(await first.ended).toBe(status)
    expect(first.output).toContain('the installation was interrupted; the next run begins it anew')
    expect(clone.npmLog()).toEqual([INSTALL, `stopped by ${signal}`])
    expect(clone.locks()).toEqual([])
    clone.go()
    expect(await clone.run('program.mjs').ended).toBe(7)
  })

  it('lets one go on that waited', async () => {
    const clone = new Clone()
    const first = clone.run('program.mjs')
    await clone.npmBegan()
    const second = clone.run('program.mjs')
    await second.says('waiting for process')
    first.child.kill('SIGINT')
    await first.ended
    await clone.npmBegan(2)
    clone.go()
    expect(await second.ended).toBe(7)
  })

  it('that was killed outright is waited for as long as its npm lives, then taken over', async () => {
    const clone = new Clone()
    const first = clone.run('program.mjs')
    await clone.npmBegan()
    await vi.waitFor(() => expect(readdirSync(clone.path('.install-lock'))).toHaveLength(2))
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    const second = clone.run('program.mjs')
    await second.says('waiting for process')
    clone.go()
    expect(await second.ended).toBe(7)
    expect(clone.npmLog()).toEqual([INSTALL, INSTALL])
    expect(clone.locks()).toEqual([])
  })
})

describe('a lock that was left behind', () => {
  it('is free without a holder', async () => {
    const clone = new Clone()
    clone.leaveLock()
    clone.go()
    expect(await clone.run('program.mjs').ended).toBe(7)
    expect(clone.locks()).toEqual([])
  })

  it.runIf(hasProc)('is free when another process has the pid of its holder', async () => {
    const clone = new Clone()
    clone.leaveLock(`${process.pid}.1`)
    clone.go()
    expect(await clone.run('program.mjs').ended).toBe(7)
  })

  it('is taken over by one at a time', async () => {
    const clone = new Clone()
    clone.leaveLock('4194305.1', '4194306.running')
    const runs = Array.from({ length: 6 }, () => clone.run('program.mjs'))
    await clone.npmBegan()
    clone.go()
    expect(await Promise.all(runs.map((run) => run.ended))).toEqual(runs.map(() => 7))
    expect(clone.npmLog()).toEqual([INSTALL])
    expect(clone.locks()).toEqual([])
  })
})

describe('a wrong call', () => {
  it.each([
    [[], 'a program is missing'],
    [['nope.ts'], 'there is no nope.ts'],
  ])('of %j is refused before anything is installed', async (args, problem) => {
    const clone = new Clone()
    const run = clone.run(...args)
    expect(await run.ended).toBe(2)
    expect(run.output).toBe(`${problem}; usage: node scripts/bootstrap.mjs PROGRAM [ARGUMENT...]\n`)
    expect(clone.npmLog()).toEqual([])
  })
})
