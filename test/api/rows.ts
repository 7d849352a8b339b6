import { exampleWith, pathText } from './specs.ts'
import type { BadSpec, Json, JsonObject, Path } from './specs.ts'

/** A copy of an example with one field changed; undefined removes it. */
export type With = (path: Path, value: Json | undefined) => JsonObject

/** Makes rows of the tables of bad specs, each a field of an example that is changed. */
export class Rows {
  readonly #exampleOf: With

  constructor(exampleOf: With) {
    this.#exampleOf = exampleOf
  }

  /** Bounds and others that the API server words by itself. */
  bound(path: Path, value: Json, server: string, parser: string): BadSpec {
    return {
      claim: `${pathText(path)}: ${JSON.stringify(value).slice(0, 60)}`,
      spec: this.#exampleOf(path, value),
      field: pathText(path),
      server: [server],
      parser: [parser],
    }
  }

  /** One message for both sides: what must be, and what was found. */
  form(path: Path, value: Json, must: string, found: string = shown(value)): BadSpec {
    const says = [must, `found ${found}`]
    return { ...this.bound(path, value, must, must), server: says, parser: says }
  }

  /** One message for both sides, without what was found. */
  rule(path: Path, value: Json, must: string): BadSpec {
    return this.bound(path, value, must, must)
  }

  tooLong(path: Path, maximum: number): BadSpec {
    const parser = `must have at most ${maximum} characters, found ${maximum + 1}`
    return {
      ...this.bound(path, 'x'.repeat(maximum + 1), `may not be more than ${maximum}`, parser),
      claim: `${pathText(path)}: ${maximum + 1} characters`,
    }
  }

  /** @param entries one more than allowed */
  tooMany(path: Path, entries: Json[]): BadSpec {
    const maximum = entries.length - 1
    const parser = `must have at most ${maximum} entries, found ${entries.length}`
    return {
      ...this.bound(path, entries, `must have at most ${maximum} items`, parser),
      claim: `${pathText(path)}: ${entries.length} entries`,
    }
  }

  tooFew(path: Path): BadSpec {
    return this.bound(path, [], 'at least 1 items', 'must have at least 1 entry, found 0')
  }

  /** @param entry something with a name, that is given twice */
  twice(path: Path, entry: JsonObject & { name: string }): BadSpec {
    const server = `[1]: Duplicate value: {"name":"${entry.name}"}`
    const parser = `must have unique names, found "${entry.name}" twice`
    return {
      ...this.bound(path, [entry, entry], server, parser),
      claim: `${pathText(path)}: two of one name`,
    }
  }
}

function shown(value: Json): string {
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value)
}

/** Rows of Rollouts. */
export const rolloutRows = new Rows(exampleWith)
