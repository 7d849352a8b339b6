import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { addLint } from '../../src/cli/commands/lint.ts'
import type { ObjectReader } from '../../src/ports-views.ts'
import { fileOf } from './shop.ts'
import { World } from './world.ts'

/** Writes a file, with its folders; returns its path. */
export async function writeIn(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  return path
}

export async function lint(args: readonly string[], reader?: ObjectReader): Promise<World> {
  const world = new World([])
  world.reader = reader
  await world.run(addLint, ['lint', ...args])
  return world
}

/** Lints one file with these objects; lines without the folder. */
export async function linesOf(
  folder: string,
  objects: readonly object[],
  args: readonly string[] = [],
  reader?: ObjectReader,
): Promise<string[]> {
  const world = await lint([await writeIn(folder, 'a.yaml', fileOf(...objects)), ...args], reader)
  return world.text.replaceAll(`${folder}/`, '').trimEnd().split('\n')
}
