import { lookup as systemLookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'

/** Addresses at which nobody but the machine itself, or its cloud, answers: secrets of theirs are not for users. */

/** An address that is not asked. */
export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress'
}

const LINK_LOCAL = blockList(['169.254.0.0/16', 'fe80::/10'])
/** Services of clouds that tell a machine its own credentials, outside of the link-local addresses. */
const METADATA = blockList([
  '100.100.100.200/32', // Alibaba
  '168.63.129.16/32', // Azure
  '192.0.0.192/32', // Oracle
  'fd00:ec2::254/128', // AWS
  'fd20:ce::254/128', // Google
])
const NO_HOST = blockList(['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'ff00::/8'])
const LOOPBACK = blockList(['127.0.0.0/8', '::1/128'])
/** IPv4 inside IPv6: the last four bytes, or those after the first two, are the address that is reached. */
const TRANSLATED = blockList(['64:ff9b::/96', '64:ff9b:1::/48', '::ffff:0:0:0/96', '::/96'])
const SIX_TO_FOUR = blockList(['2002::/16'])

/** What is refused besides. */
export interface AddressRules {
  /** The machine's own services, such as the proxy beside Sluice, may be asked. */
  readonly allowsLoopback?: boolean
}

/** Why an address (IPv4 or IPv6, as text) is refused; undefined: it is not. */
export function refusalOf(address: string, { allowsLoopback = false }: AddressRules): string | undefined {
  const forms = [address, ...inner(address)]
  const isIn = (list: BlockList) => forms.some((one) => list.check(one, isIP(one) === 6 ? 'ipv6' : 'ipv4'))
  if (isIn(LINK_LOCAL)) return `${address} is link-local, where clouds answer with credentials`
  if (isIn(METADATA)) return `${address} is where a cloud answers with credentials`
  if (!allowsLoopback && isIn(LOOPBACK)) return `${address} is Sluice's own machine`
  return isIn(NO_HOST) ? `${address} is no address of a host` : undefined
}

/**
 * Refuses the host of a URL when it is an address that must not be asked; names are looked at when they are resolved.
 * Throws a RefusedAddress.
 */
export function refuseHost({ hostname }: URL, rules: AddressRules): void {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0) refuse(host, [host], rules)
}

/** Both, for other clients that ask URLs of users. */
export function addressGuard(rules: AddressRules): { refuse(url: URL): void; lookup: LookupFunction } {
  return { refuse: (url) => refuseHost(url, rules), lookup: guardedLookup(rules) }
}

/** Resolves names, and refuses those of which any address must not be asked: before any connection. */
export function guardedLookup(
  rules: AddressRules,
  resolve: typeof systemLookup = systemLookup,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return callback(error, [])
      try {
        refuse(
          hostname,
          found.map(({ address }) => address),
          rules,
        )
      } catch (refused) {
        return callback(refused as Error, [])
      }
      const [first] = found
      if (options.all === true || first === undefined) return callback(null, found)
      return callback(null, first.address, first.family)
    })
  }
}

function refuse(host: string, addresses: readonly string[], rules: AddressRules): void {
  for (const address of addresses) {
    const refusal = refusalOf(address, rules)
    if (refusal !== undefined)
      throw new RefusedAddress(address === host ? refusal : `${host} resolves to ${refusal}`)
  }
}

/** IPv4 addresses that an IPv6 address stands for. Those that are mapped are known to BlockList itself. */
function inner(address: string): string[] {
  if (isIP(address) !== 6 || LOOPBACK.check(address, 'ipv6')) return []
  const groups = groupsOf(address)
  if (TRANSLATED.check(address, 'ipv6')) return [ipv4Of(groups[6], groups[7])]
  return SIX_TO_FOUR.check(address, 'ipv6') ? [ipv4Of(groups[1], groups[2])] : []
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const bare = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [head = '', tail] = bare.split('::')
  const [front, back] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array.from({ length: 8 - (front?.length ?? 0) - (back?.length ?? 0) }, () => '0')
  return [...(front ?? []), ...zeros, ...(back ?? [])].map((group) => Number.parseInt(group, 16))
}

function ipv4Of(high = 0, low = 0): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [net = '', prefix] = subnet.split('/')
    list.addSubnet(net, Number(prefix), isIP(net) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}
