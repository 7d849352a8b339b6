/**
 * The demo app: an HTTP server that behaves as its environment says. Variables: PORT (required), POD_NAME, VERSION,
 * ERROR_RATE, LATENCY_MS, SLOW_RATE, SLOW_MS, START_DELAY_MS, CRASH (`true`: exit with code 1 at once; a number: after
 * that many milliseconds), DEPENDENCY (host that each request calls), DEPENDENCY_URL (address at which to call it) and
 * ON_DEPENDENCY_FAILURE (`fail`: answer 502; `degrade`: answer 200 with the header x-demo-dependency-failure).
 */
import { createDemoServer } from './server.ts'
import { readSettings, SettingsError } from './settings.ts'
import type { Settings } from './settings.ts'

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    if (error instanceof SettingsError) console.error(error.message)
    else console.error(error)
    return process.exit(2)
  }
}

function crash(): void {
  console.error('exiting with code 1, as CRASH asks for')
  process.exit(1)
}

const settings = settingsOrExit()
if (settings.CRASH === 0) crash()
if (settings.CRASH !== undefined) setTimeout(crash, settings.CRASH)

const { server, drain } = createDemoServer(settings)
server.on('error', (error) => {
  console.error(`cannot listen on port ${settings.PORT}: ${error.message}`)
  process.exit(1)
})
server.listen(settings.PORT, '127.0.0.1', () => {
  const address = server.address()
  console.log(`listening on ${typeof address === 'object' && address ? address.port : settings.PORT}`)
})
process.once('SIGTERM', () => void drain().then(() => process.exit(0)))
