import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A certificate and its key, in PEM form. */
export interface Identity {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Somebody whose signature others trust. */
export interface Authority extends Identity {
  /** Signs a certificate for a DNS name. */
  issue(name: string): Identity
}

const DAY_MS = 24 * 3_600_000
const TAGS = { boolean: 1, integer: 2, bits: 3, octets: 4, oid: 6, text: 12, time: 23, sequence: 48, set: 49 }
/** Object identifiers, encoded. */
const ECDSA_WITH_SHA256 = '2a8648ce3d040302'
const COMMON_NAME = '550403'
const BASIC_CONSTRAINTS = '551d13'
const ALTERNATIVE_NAMES = '551d11'

/** A new authority: Node.js reads certificates but makes none, and not every machine has openssl. */
export function authority(name: string): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const constraints = extension(BASIC_CONSTRAINTS, sequence(der('boolean', 0xff)))
  const sealed = seal(
    { subject: name, publicKey: own.publicKey, extra: constraints },
    { name, key: own.privateKey },
  )
  return {
    ...sealed,
    key: pemOf(own.privateKey),
    issue: (subject) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const names = extension(ALTERNATIVE_NAMES, sequence(tagged(0x82, Buffer.from(subject))))
      const issued = seal({ subject, publicKey, extra: names }, { name, key: own.privateKey })
      return { ...issued, key: pemOf(privateKey) }
    },
  }
}

interface Subject {
  readonly subject: string
  readonly publicKey: KeyObject
  readonly extra: Buffer
}

/** RFC 5280, section 4.1: what is certified, and the issuer's signature under it. */
function seal(about: Subject, issuer: { name: string; key: KeyObject }): { cert: Buffer } {
  const algorithm = sequence(oid(ECDSA_WITH_SHA256))
  const content = sequence(
    tagged(0xa0, der('integer', 2)),
    der('integer', 1, ...randomBytes(8)),
    algorithm,
    nameOf(issuer.name),
    sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    nameOf(about.subject),
    about.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(about.extra)),
  )
  const signature = der('bits', 0, ...sign('sha256', content, issuer.key))
  return { cert: pem('CERTIFICATE', sequence(content, algorithm, signature)) }
}

function nameOf(name: string): Buffer {
  return sequence(tagged(TAGS.set, sequence(oid(COMMON_NAME), der('text', ...Buffer.from(name)))))
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der('octets', ...value))
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\..*/g, '')
  return der('time', ...Buffer.from(`${digits.slice(2)}Z`))
}

function oid(hex: string): Buffer {
  return der('oid', ...Buffer.from(hex, 'hex'))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(TAGS.sequence, Buffer.concat(parts))
}

function der(tag: keyof typeof TAGS, ...content: readonly number[]): Buffer {
  return tagged(TAGS[tag], Buffer.from(content))
}

/** Tag, length, content; no length here needs more than two bytes. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const short =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...short]), content])
}

function pem(label: string, content: Buffer): Buffer {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return Buffer.from([`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n'))
}

function pemOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }))
}
