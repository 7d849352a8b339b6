import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** A small repository under the same rules as this one, to break them in. */
export interface Fixture {
  write(path: string, content: string): void
  /** Runs a program of node_modules there, and returns what it said. */
  run(program: string, ...args: string[]): string
  remove(): void
}

export function createFixture(): Fixture {
  const root = mkdtempSync(join(tmpdir(), 'sluice-rules-'))
  for (const file of ['package.json', 'tsconfig.json', '.oxlintrc.json', '.dependency-cruiser.mjs']) {
    copyFileSync(join(project, file), join(root, file))
  }
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'))
  return {
    write(path, content) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), content)
    },
    run(program, ...args) {
      const { stdout, stderr } = spawnSync(join(project, 'node_modules/.bin', program), args, {
        cwd: root,
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
        // These programs look for "node" on PATH, where an old one may stand first.
        env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` },
      })
      if (stderr !== '') throw new Error(stderr)
      return stdout
    },
    remove: () => rmSync(root, { recursive: true }),
  }
}
