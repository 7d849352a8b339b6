import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Shell } from '../shell.ts'

/** The text of a file, with the name that people know it by. */
export interface TextFile {
  readonly name: string
  readonly text: string
}

const STDIN = '-'
const MANIFEST = /[.](ya?ml|json)$/

/**
 * The files that paths name, as kubectl takes them: a file, `-` for the standard input, or a folder, of which all files
 * *.yaml, *.yml and *.json are read. Throws an Error that names what cannot be read.
 * @param recursive also the folders within folders
 */
export async function readFiles(
  shell: Pick<Shell, 'input'>,
  paths: readonly string[],
  recursive: boolean,
): Promise<TextFile[]> {
  const lists = []
  for (const path of new Set(paths)) {
    if (path === STDIN) lists.push([{ name: 'stdin', text: await shell.input() }])
    else lists.push(await readable(path, readPath(path, recursive)))
  }
  return lists.flat()
}

async function readPath(path: string, recursive: boolean): Promise<TextFile[]> {
  const found = await stat(path)
  const names = found.isDirectory() ? await filesIn(path, recursive) : [path]
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(name, 'utf8') })))
}

async function filesIn(folder: string, recursive: boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive, withFileTypes: true })
  const names = entries
    .filter((entry) => !entry.isDirectory() && MANIFEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  if (names.length > 0) return names.toSorted()
  throw new Error(`it holds no file *.yaml, *.yml or *.json${recursive ? '' : '; -R looks into its folders'}`)
}

async function readable<T>(path: string, read: Promise<T>): Promise<T> {
  try {
    return await read
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const problem = code === 'ENOENT' ? 'there is no such file or folder' : message
    throw new Error(`${path} cannot be read: ${problem}`, { cause: error })
  }
}
