/**
 * The demo app: an HTTP server that behaves as its environment says. Variables: PORT (required), POD_NAME, VERSION,
 * ERROR_RATE, ERROR_STATUS, LATENCY_MS (the median, with LATENCY_SPREAD), LATENCY_SPREAD (how long the tail is: sigma of
 * a log-normal distribution), SLOW_RATE, SLOW_MS, START_DELAY_MS, CRASH (`true`: exit with code 1 at once; a number: after
 * that many milliseconds), DEPENDENCY (host that each request calls), DEPENDENCY_URL (address at which to call it),
 * ON_DEPENDENCY_FAILURE (`fail`: answer 502; `degrade`: answer 200 with the header x-demo-dependency-failure) and
 * BEHAVIOUR_FILE (what changes while the app runs).
 */
import { behaviourOf } from './behaviour.ts'
import { createDemoServer } from './server.ts'
import { SettingsError } from './settings.ts'
import type { Settings } from './settings.ts'

function behaviourOrExit(): () => Settings {
  try {
    return behaviourOf(process.env)
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

const behaviour = behaviourOrExit()
const settings = behaviour()
if (settings.CRASH === 0) crash()
if (settings.CRASH !== undefined) setTimeout(crash, settings.CRASH)

const { server, drain } = createDemoServer(behaviour)
server.on('error', (error) => {
  console.error(`cannot listen on port ${settings.PORT}: ${error.message}`)
  process.exit(1)
})
server.listen(settings.PORT, '127.0.0.1', () => {
  const address = server.address()
  console.log(`listening on ${typeof address === 'object' && address ? address.port : settings.PORT}`)
})
process.once('SIGTERM', () => void drain().then(() => process.exit(0)))
