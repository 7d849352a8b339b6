import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { createLogUpdate } from 'log-update'
import { readEnv } from '../env.ts'
import { liveLine, reportText } from './format.ts'
import { startLoadProcess } from './process.ts'
import type { LoadProcess } from './process.ts'
import { foreignErrors } from './report.ts'

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration such as `30s` in milliseconds. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? []
  if (!amount || !unit)
    throw new InvalidArgumentError('Allowed: a whole number with ms, s, m or h, such as 30s.')
  return Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS]
}

/** A rate in requests a second. */
export function parseRate(text: string): number {
  const rate = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || rate <= 0 || rate > 20_000) {
    throw new InvalidArgumentError('Allowed: requests a second, more than 0 and up to 20000.')
  }
  return rate
}

/** `load`: sends steady load through the sandbox's gateway and prints what comes back. */
export function loadCommand(): Command {
  const rateOption = new Option('--rate <number>', 'requests a second').argParser(parseRate).default(100)
  const durationOption = new Option('--duration <time>', 'such as 30s; without it until Ctrl-C').argParser(
    parseDuration,
  )
  return new Command('load')
    .description('send steady load through the gateway and report what came back')
    .requiredOption('--host <name>', 'Host header, such as reviews.shop.svc.cluster.local')
    .option('--path <path>', 'path of the requests', '/')
    .option('--state <dir>', 'folder of the sandbox (default: $SLUICE_SANDBOX, else .sandbox)')
    .addOption(rateOption)
    .addOption(durationOption)
    .showHelpAfterError('(--help tells what is allowed)')
    .action(async ({ host, path, state, rate, duration }) => {
      const { gateway: url } = readEnv(state)
      await run(await startLoadProcess({ url, host, path, ratePerSecond: rate }), duration)
    })
}

async function run(load: LoadProcess, durationMs: number | undefined): Promise<void> {
  const ending = new AbortController()
  const signals = { signal: ending.signal }
  const over = durationMs === undefined ? [] : [sleep(durationMs, undefined, signals)]
  const ended = Promise.race([...over, once(process, 'SIGINT', signals), once(process, 'SIGTERM', signals)])
  const live = process.stderr.isTTY ? showLive(load, ending.signal) : undefined
  await ended
  ending.abort()
  await live
  const report = await load.stop()
  console.log(reportText(report))
  process.exitCode = foreignErrors(report) > 0 ? 1 : 0
}

async function showLive(load: LoadProcess, signal: AbortSignal): Promise<void> {
  const show = createLogUpdate(process.stderr)
  let before = await load.snapshot()
  while (!signal.aborted) {
    await sleep(1000, undefined, { signal }).catch(() => undefined)
    const now = await load.snapshot()
    show(liveLine(before, now))
    before = now
  }
  show.done()
}
