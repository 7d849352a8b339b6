import { join } from 'node:path'
import type { Progress } from '../progress.ts'
import { ensureEntry } from './cache.ts'
import { goProgram } from './go.ts'

const NAME = 'glua'

/**
 * Builds the Lua interpreter that Argo CD embeds, once; takes less than a minute.
 * @returns its path
 * @throws Error that says what is needed
 */
export async function installLua(progress: Progress): Promise<string> {
  const task = progress.task(NAME)
  try {
    const entry = goProgram(NAME, 'lua', 'github.com/yuin/gopher-lua/cmd/glua')
    const path = join(await ensureEntry(entry, task), NAME)
    task.done(path)
    return path
  } catch (error) {
    task.fail('not available')
    throw error
  }
}
