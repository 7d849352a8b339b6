import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readArguments } from './kit/arguments.ts'
import { generatedFiles, staleFiles, writeFiles } from './generate/files.ts'

const USAGE = `Writes the CRDs and the reference pages from the schemas in src/api, and the patch for Argo CD from its health check.

usage: npm run generate [-- --check]

  --check   write nothing; fail when a file is not as it would be written`

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const args = readArguments({
  usage: USAGE,
  allowed: '--check',
  isAllowed: (argument) => argument === '--check',
})
run(args.includes('--check'))

function run(check: boolean): void {
  const stale = staleFiles(generatedFiles(), root)
  if (!check) writeFiles(stale, root)
  for (const { path } of stale) console.log(check ? `${path} is out of date` : `wrote ${path}`)
  if (stale.length === 0) console.log('all generated files are up to date')
  else if (check) console.log('run "npm run generate"')
  process.exitCode = check && stale.length > 0 ? 1 : 0
}
