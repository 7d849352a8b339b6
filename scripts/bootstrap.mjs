// Runs a TypeScript program of this repository from a bare clone: installs the dependencies when they are missing
// or out of date, then hands over to a Node.js that can run TypeScript. Plain JavaScript, for Node.js 20.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.sluice-lock')
const minimum = [22, 19]

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package.json')))
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()
}

// Two first runs at once must not install into the same folder; mkdir is atomic.
function acquireLock(folder) {
  const give = Date.now() + 10 * 60_000
  while (Date.now() < give) {
    try {
      mkdirSync(folder)
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
      if (isInstalled()) return
    }
  }
  throw new Error(`another installation seems to have died: remove ${folder} and try again`)
}

// Not "npm ci": it refuses a lock that lacks the optional packages of other platforms.
function install() {
  const lock = join(root, '.install-lock')
  acquireLock(lock)
  try {
    if (isInstalled()) return
    console.error('Installing dependencies (once) ...')
    const npm = spawnSync('npm', ['install', '--no-save'], { cwd: root, stdio: ['ignore', 2, 2] })
    if (npm.status !== 0) throw new Error('npm install failed; see above')
    writeFileSync(stamp, lockHash())
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function isRecent(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1])
}

function nodeBinary() {
  const bundled = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(bundled)) return bundled
  if (isRecent(process.versions.node)) return process.execPath
  throw new Error(`Node.js ${minimum.join('.')} or newer is needed, this is ${process.versions.node}`)
}

// A terminal sends Ctrl-C to the whole group: the program ends in its own time, and we after it.
function runProgram(program, args) {
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
  const child = spawn(nodeBinary(), [join(root, program), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', fail)
  child.on('exit', (code) => (process.exitCode = code ?? 1))
}

function fail(error) {
  console.error(error.message)
  process.exitCode = 1
}

try {
  if (!isInstalled()) install()
  const [program, ...args] = process.argv.slice(2)
  runProgram(program, args)
} catch (error) {
  fail(error)
}
