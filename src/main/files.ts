import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** A setting that may be left out; empty is as good as absent. */
export const optionalText = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value))

/** Settings of which some name files. */
type Paths<Name extends string> = Readonly<Partial<Record<Name, unknown>>>

/** A certificate in PEM form; undefined when no file is named. Throws an Error that names the setting. */
export function certificateIn<Name extends string>(config: Paths<Name>, name: Name): Buffer | undefined {
  const content = contentOf(config, name)
  if (content !== undefined)
    demand(name, 'holds no certificate in PEM form', () => new X509Certificate(content))
  return content
}

/** The private key of a certificate; undefined when no file is named. Throws an Error that names the setting. */
export function keyIn<Name extends string>(
  config: Paths<Name>,
  { key: name, cert: certName }: { readonly key: Name; readonly cert: Name },
): Buffer | undefined {
  const content = contentOf(config, name)
  const cert = contentOf(config, certName)
  if (content === undefined || cert === undefined) return undefined
  const key = demand(name, 'holds no private key in PEM form without a passphrase', () =>
    createPrivateKey(content),
  )
  if (!new X509Certificate(cert).checkPrivateKey(key))
    throw new Error(`${name}: its key is not that of the certificate in ${certName}`)
  return content
}

/**
 * What a file holds now: a Secret that is mounted changes in place. Undefined when no file is named.
 * @param what is in it, for messages
 * @throws Error that names the setting, when the file is of no use at the start
 */
export function rotatingText<Name extends string>(
  config: Paths<Name>,
  name: Name,
  what: string,
): (() => string) | undefined {
  if (config[name] === undefined) return undefined
  let last = lineIn(config, name, what)
  return () => {
    try {
      last = lineIn(config, name, what)
    } catch {
      // Somebody is replacing it: until the new one is there, the old one may still do. It is refused if not.
    }
    return last
  }
}

function lineIn<Name extends string>(config: Paths<Name>, name: Name, what: string): string {
  const line = contentOf(config, name)?.toString('utf8').trim() ?? ''
  if (!/^[!-~]+$/.test(line)) throw new Error(`${name}: holds no ${what}: one line of printable characters`)
  return line
}

function contentOf<Name extends string>(config: Paths<Name>, name: Name): Buffer | undefined {
  const path = config[name]
  if (typeof path !== 'string') return undefined
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Error(`${name}: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    })
  }
}

function demand<T>(name: string, problem: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw new Error(`${name}: ${problem}`, { cause: error })
  }
}
