import { LineCounter, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import type { Document, Tags } from 'yaml'
import type { TextFile } from './read.ts'

/** Names of fields and indexes of lists on the way to a value. */
export type Path = readonly (string | number)[]

/** Where something stands; lines count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** An object in a file, not looked at yet. */
export interface Entry {
  readonly value: Readonly<Record<string, unknown>>
  /** Where a field stands; if it is absent, the nearest one around it. */
  placeOf(path: Path): Place
}

/** Something that cannot be read as an object. */
export interface Unreadable extends Place {
  readonly message: string
}

/** YAML as kubectl reads it: that of 1.1, where `on` is true, but without its dates and times. */
const OPTIONS = { version: '1.1', merge: true, prettyErrors: false, customTags: withoutTimes } as const

/** The objects of a file: one for each document, and one for each item of a List. */
export function entriesOf({ name: file, text }: TextFile): { entries: Entry[]; problems: Unreadable[] } {
  const lineCounter = new LineCounter()
  const entries: Entry[] = []
  const problems: Unreadable[] = []
  for (const document of parseAllDocuments(text, { ...OPTIONS, lineCounter })) {
    const read = new Reader(file, document, lineCounter).read()
    if (Array.isArray(read)) entries.push(...read)
    else problems.push(read)
  }
  return { entries, problems }
}

class Reader {
  readonly #file: string
  readonly #document: Document.Parsed
  readonly #lines: LineCounter

  constructor(file: string, document: Document.Parsed, lines: LineCounter) {
    this.#file = file
    this.#document = document
    this.#lines = lines
  }

  /** The library's own words do not quote the text, so they tell no secrets. */
  read(): Entry[] | Unreadable {
    const [error] = this.#document.errors
    if (error !== undefined) return this.#unreadable(error.pos[0], error)
    try {
      return this.#entries(this.#document.toJS())
    } catch (thrown) {
      // An alias without its anchor, or so many that they are an attack.
      return this.#unreadable(startOf(this.#document.contents), thrown)
    }
  }

  #unreadable(offset: number, error: unknown): Unreadable {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...this.#place(offset), message: `this is no YAML: ${problem}` }
  }

  #entries(value: unknown): Entry[] {
    if (!isObject(value)) return []
    const { kind, items } = value
    if (kind !== 'List' || !Array.isArray(items)) return [this.#entry(value, [])]
    return items.flatMap((item: unknown, index) =>
      isObject(item) ? [this.#entry(item, ['items', index])] : [],
    )
  }

  #entry(value: Entry['value'], root: Path): Entry {
    return { value, placeOf: (path) => this.#place(this.#offsetOf([...root, ...path])) }
  }

  #place(offset: number): Place {
    return { file: this.#file, line: Math.max(1, this.#lines.linePos(offset).line) }
  }

  #offsetOf(path: Path): number {
    let node: unknown = this.#document.contents
    let offset = startOf(node)
    for (const part of path) {
      const child = childOf(isAlias(node) ? node.resolve(this.#document) : node, part)
      if (child === undefined) return offset
      offset = child.offset
      node = child.node
    }
    return offset
  }
}

function childOf(node: unknown, part: string | number): { node: unknown; offset: number } | undefined {
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part]
    return item === undefined ? undefined : { node: item, offset: startOf(item) }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
  return pair && { node: pair.value, offset: startOf(pair.key) }
}

function startOf(node: unknown): number {
  return (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutTimes(tags: Tags): Tags {
  return tags.filter(
    (tag) => typeof tag === 'string' || (tag.tag !== 'tag:yaml.org,2002:timestamp' && tag.format !== 'TIME'),
  )
}
