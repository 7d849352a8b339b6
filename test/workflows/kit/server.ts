import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import type { Progress } from '../../../sandbox/progress.ts'
import { installProgram } from '../../../sandbox/tools/install.ts'
import { workflowBundle } from '../../../src/adapters/temporal/workers.ts'
import { quiet } from './quiet.ts'

/** History events after which the server asks for continue-as-new: above a whole release, below a long one. */
export const SUGGEST_CONTINUE_AT = 150

/** A Temporal server, and the workflow code that runs on it. */
export interface Temporal {
  /** `host:port`. */
  readonly address: string
  /** File of the bundled workflow code. */
  readonly bundle: string
}

/** Starts a server in memory on a free port, and bundles the workflow code. Throws when the server cannot be had. */
export async function startTemporal(progress: Progress): Promise<Temporal & { stop(): Promise<void> }> {
  quiet()
  const path = await installProgram('temporal', progress)
  const server = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      ip: '127.0.0.1',
      log: { format: 'pretty', level: 'never' },
      extraArgs: [`--dynamic-config-value=limit.historyCount.suggestContinueAsNew=${SUGGEST_CONTINUE_AT}`],
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'sluice-workflows-'))
  const bundle = join(folder, 'workflows.js')
  writeFileSync(bundle, (await workflowBundle()).code)
  const stop = async () => {
    await server.teardown()
    rmSync(folder, { recursive: true })
  }
  return { address: server.address, bundle, stop }
}
