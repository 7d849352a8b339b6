// Runs a TypeScript program of this repository from a bare clone: installs the dependencies when they are missing
// or out of date, then hands over to a Node.js that can run TypeScript. Plain JavaScript, for Node.js 20.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './bootstrap/lock.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lock = join(root, '.install-lock')
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

// Two first runs at once must not install into the same folder.
function install() {
  const tell = (pid) => console.error(`waiting for process ${pid} to install dependencies ...`)
  return withLock(lock, tell, async (addHolder) => {
    if (isInstalled()) return
    console.error('Installing dependencies (once) ...')
    rmSync(stamp, { force: true })
    await runNpm(addHolder)
    writeFileSync(stamp, lockHash())
  })
}

// Not "npm ci": it refuses a lock that lacks the optional packages of other platforms.
async function runNpm(onStart) {
  let interruption
  // npm takes back first what it has done, which may take some seconds.
  const forward = (signal) => {
    if (!interruption) console.error('\ninterrupted: waiting for npm to end ...')
    interruption = signal
    npm.kill(signal)
  }
  process.on('SIGINT', forward).on('SIGTERM', forward)
  const npm = spawn('npm', ['install', '--no-save'], { cwd: root, stdio: ['ignore', 2, 2] })
  try {
    const ended = once(npm, 'exit')
    if (npm.pid !== undefined) onStart(npm.pid)
    const [status] = await ended
    if (interruption) throw interrupted(interruption)
    if (status !== 0) throw failure('npm install failed; see above')
  } finally {
    process.off('SIGINT', forward).off('SIGTERM', forward)
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

function failure(message, exitCode = 1) {
  return Object.assign(new Error(message), { exitCode })
}

function interrupted(signal) {
  return failure(
    'the installation was interrupted; the next run begins it anew',
    128 + constants.signals[signal],
  )
}

function fail(error) {
  console.error(error.message)
  process.exitCode = error.exitCode ?? 1
}

try {
  const [program, ...args] = process.argv.slice(2)
  if (!program || !existsSync(join(root, program))) {
    const found = program ? `there is no ${program}` : 'a program is missing'
    throw failure(`${found}; usage: node scripts/bootstrap.mjs PROGRAM [ARGUMENT...]`, 2)
  }
  if (!isInstalled()) await install()
  runProgram(program, args)
} catch (error) {
  fail(error)
}
